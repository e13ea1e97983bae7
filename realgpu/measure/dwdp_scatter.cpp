#include "realgpu/measure/dwdp_scatter.h"

#include "models/workloads/dp_attention.h"
#include "realgpu/measure/plan_sets.h"
#include "realgpu/nccl_baseline.h"
#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

using models::Combine;
using models::Operation;

constexpr std::int64_t kHidden = 7168;
constexpr std::int64_t kRows[] = {1024, 16384};  // of all ranks: decode, prefill
constexpr Operation kOperations[] = {Operation::all_reduce, Operation::reduce_scatter,
                                     Operation::all_gather};
struct Chosen {
  Operation operation;
  const char* algorithm;
};
constexpr Chosen kChosen[] = {{Operation::all_reduce, "two_shot"},
                              {Operation::all_reduce, "two_shot_push"},
                              {Operation::reduce_scatter, "direct"},
                              {Operation::all_gather, "direct"}};
constexpr models::LaneShape kShape{128, 512, 16, 4};

std::int64_t bytes_of(std::int64_t rows) { return rows * kHidden * 2; }

models::DpAttentionRequest layer_of(std::int64_t rows, Combine combine) {
  models::DpAttentionRequest request;
  request.gpu_of_rank = {0, 1};
  request.dp = 2;
  request.tokens = {rows / 2, rows / 2};
  request.hidden = kHidden;
  request.padding = models::Padding::max_len;
  request.combine = combine;
  request.algorithms = {"two_shot", "direct", "direct"};
  request.shape = kShape;
  return request;
}

// Numbers are compared on the host, which takes half a minute for the larger size: that one is
// timed with the same plan and no claims.
void add(Recorder& recorder, const What& what, std::int64_t rows, models::Plan plan) {
  const bool compared = rows == kRows[0];
  if (!compared) plan.claims.clear();
  const std::int64_t bytes = bytes_of(rows);
  recorder.add(what, {static_cast<double>(bytes), 0}, [&] {
    const PlanSamples samples = run_plan(recorder, plan, bytes);
    return Sampled{samples.seconds,
                   samples.mode + " mode, replays of one graph of several plans" +
                       (compared ? "" : "; numbers compared with fewer rows only")};
  });
}

void add_layer(Recorder& recorder, std::int64_t rows, Combine combine) {
  const What what{{"measure", "dp_attention"},
                  {"combine", combine == Combine::all_reduce ? "all_reduce" : "reduce_scatter"},
                  {"ranks", 2.0},
                  {"gpus", 2.0},
                  {"rows", static_cast<double>(rows)},
                  {"bytes", static_cast<double>(bytes_of(rows))}};
  add(recorder, what, rows, models::build_dp_attention(layer_of(rows, combine)));
}

void add_plan(Recorder& recorder, std::int64_t rows, const Chosen& chosen) {
  models::CollectiveRequest request;
  request.operation = chosen.operation;
  request.gpu_of_rank = {0, 1};
  request.bytes = Bytes{bytes_of(rows)};
  request.element = models::ElementType::bf16;
  request.shape = kShape;
  const models::Algorithm& algorithm = models::find_algorithm(chosen.operation, chosen.algorithm);
  const What what{{"measure", "collective"},
                  {"operation", std::string(models::name_of(chosen.operation))},
                  {"algorithm", chosen.algorithm},
                  {"ranks", 2.0},
                  {"gpus", 2.0},
                  {"bytes", static_cast<double>(request.bytes.count)},
                  {"element", "bf16"}};
  add(recorder, what, rows, models::build_plan(algorithm, request));
}

void add_nccl(Recorder& recorder, const NcclBaseline& nccl, std::int64_t rows,
              Operation operation) {
  const std::int64_t bytes = bytes_of(rows);
  const What what{{"measure", "collective"},
                  {"operation", std::string(models::name_of(operation))},
                  {"algorithm", "nccl"},
                  {"ranks", 2.0},
                  {"gpus", 2.0},
                  {"bytes", static_cast<double>(bytes)},
                  {"element", "fp32"},
                  {"registered", "no"}};
  recorder.add(what, {static_cast<double>(bytes), 0}, [&] {
    const SampleCount count{2, recorder.quick() ? 5 : 15};
    return Sampled{nccl.seconds({models::name_of(operation), bytes, false}, count, 10),
                   "replays of one graph of 10 calls"};
  });
}

}  // namespace

void measure_dwdp_scatter(Recorder& recorder) {
  for (const std::int64_t rows : kRows) {
    for (const Combine combine : {Combine::all_reduce, Combine::reduce_scatter})
      add_layer(recorder, rows, combine);
    for (const Chosen& chosen : kChosen) add_plan(recorder, rows, chosen);
  }
  try {
    const NcclBaseline nccl({0, 1});
    recorder.environment().nccl = nccl.version();
    for (const std::int64_t rows : kRows)
      for (const Operation operation : kOperations) add_nccl(recorder, nccl, rows, operation);
  } catch (const UnsupportedError& error) {
    recorder.skip("nccl", error.what());
  }
}

}  // namespace twinlink::realgpu
