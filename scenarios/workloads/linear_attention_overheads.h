#pragma once
// What LASP's code costs on a machine (models/workloads/linear_attention.h), from a file
// profiles/overheads/NAME.json, twinlink.overheads/1:
//   {"schema", "name", "about", "constants": {"issue": {"value": "27 us", "provenance": "fitted",
//    "source": "..."}, "operation": {...}, "kernel_rate": {"value": "45 TFLOP/s", ...},
//    "host_state": {... per MiB}}}
// or of method scan's kernels, measured: "forward_local_state_traffic": {"value": 1.1, ...} (HBM
// time per necessary byte), "forward_local_state_fixed": {"value": "6 us", ...}, the same for
// intra_chunk, inter_chunk and backward, and "meeting": what all ranks' meeting costs.
// A constant that is left out costs nothing. A scenario may say single values instead, which are
// then assumed: {"issue": "27 us", "kernel_rate": "45 TFLOP/s"}.
#include "models/workloads/linear_attention.h"
#include "scenarios/json/object_reader.h"
#include "topology/provenance.h"

namespace twinlink::scenarios {

struct NamedOverheads {
  models::LinearAttentionOverheads values;
  models::LinearAttentionKernels kernels;
  Provenance provenance = Provenance::measured;  // worst of those given
};

// The name of a file, or an object with values; complains and returns null if it is wrong.
std::optional<NamedOverheads> read_linear_attention_overheads(const Value& value);

}  // namespace twinlink::scenarios
