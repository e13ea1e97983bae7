#pragma once
// Plans as JSON (twinlink.plan/1): one buffer, lane or op a line, whole numbers of bytes.
//
// clang-format off
//   {"schema": "twinlink.plan/1", "name": "...", "gpu_of_rank": [0, 1], "groups": [[0, 1]],
//    "claims": [{"operation": "all_reduce", "suffix": false, "group": 0, "heads": 1,
//                "inputs": [0, 1], "outputs": [2, 3]}],
//    "buffers": [{"rank": 0, "name": "input", "role": "input", "element": "fp32", "bytes": 1024}],
//    "kernels": [{"rank": 0, "name": "ring", "launch": "graph"}],
//    "lanes": [{"engine": "sm", "kernel": 0, "ctas": 32, "threads": 512, "vector_bytes": 16,
//               "loads_in_flight": 1},
//              {"engine": "copy", "rank": 0, "queue": 0, "launch": "graph"}],
//    "computes": [{"kernel": "gemm", "flops": 1e9, "hbm_bytes": 1024}],
//    "rendezvous": [{"group": 0, "edge": "flag_fenced"}],
//    "ops": [{"op": "copy", "lane": 0, "from": [[0, 0, 512]], "to": [[1, 0, 512]],
//             "after": [[0, "flag_fenced", "lane"]]},
//            {"op": "barrier", "lane": 0, "rendezvous": 0}]}
// clang-format on
// Ids are positions in these lists. A slice is [buffer, offset, bytes] or [buffer, offset, bytes,
// decay power]; a dependency [op, edge, scope]. Absent: "work" plain, "precision" bf16, "fixed_ps"
// 0, "products" (rows [m, n, k, count]) and "weight_sources" none of a compute; "operator" none,
// "split" contiguous, "order" parallel, "from", "to", "after" empty. Reading checks whatever could
// break a later step: ids in range, slices inside buffers, dependencies on earlier ops only, limits
// of the plan (all issues at once, located); whether the plan is right is a matter of
// models/checks. Ops are read one at a time. write -> read -> write is a fixed point.
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "models/plan/plan.h"

namespace twinlink::scenarios {

inline constexpr std::size_t kMaxPlanText = std::size_t{2} << 30;

models::Plan read_plan(const std::string& text, const std::string& file);
std::string write_plan(const models::Plan& plan);
// The same text in pieces.
void write_plan(const models::Plan& plan, const std::function<void(std::string_view)>& sink);

}  // namespace twinlink::scenarios
