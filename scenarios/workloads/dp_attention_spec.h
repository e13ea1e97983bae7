#pragma once
// The fields of workload "dp_attention" as read; see dp_attention.h.
#include <optional>
#include <string>
#include <vector>

#include "models/workloads/dp_attention.h"
#include "scenarios/json/object_reader.h"

namespace twinlink::scenarios {

struct ModelShape {
  std::string name;  // empty: given by its numbers
  std::int64_t hidden = 0;
  std::int32_t layers = 0;
  models::ElementType element = models::ElementType::bf16;
};

struct ServingSpec {
  std::int64_t requests = 0, input_tokens = 0, output_tokens = 0, chunk = 0;
  Duration prefill_compute, decode_compute;  // of one layer
  [[nodiscard]] std::int64_t prefill_steps() const {
    return (requests * input_tokens + chunk - 1) / chunk;
  }
  [[nodiscard]] std::int64_t decode_steps() const { return output_tokens - 1; }
};

struct DpAttentionSpec {
  ModelShape model;
  std::int32_t tp = 0;
  std::vector<std::int32_t> dp;
  std::vector<std::int64_t> tokens;
  std::vector<std::vector<std::int64_t>> spread;
  std::vector<std::string> algorithms;
  models::Padding padding = models::Padding::automatic;
  models::LaneShape shape;
  std::int32_t channels = 1;
  bool nvls = true;
  std::optional<Bandwidth> nccl_ring;
  std::optional<ServingSpec> serving;
};

// Complains through the reader; what it returns is to be used only without complaints.
DpAttentionSpec read_dp_attention_spec(ObjectReader& object);

}  // namespace twinlink::scenarios
