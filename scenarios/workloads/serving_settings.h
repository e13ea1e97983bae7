#pragma once
// The fields of the workload "serving" in a scenario: those of "dwdp" (dwdp_settings.h; one group,
// one length), which describe the model, the requests and the context servers, and these:
//
//   osl          output tokens of a request
//   deployments  list of objects; context_gpus and concurrency are crossed within each
//   ranges       "20-30": ranges of tokens per second and user in which variants are compared
//   overall      a range too: its row is the mean of the ranges inside it
//   targets      list of {output_tokens_per_s, ttft_ms, itl_ms}: how many GPUs does that need?
//   decode_kernel  the least time of a kernel of a decode step
//   arrived      of "dwdp"; here the least share of a context rank's places that a step is offered
//   decode_host    of every decode step, outside its kernels: host, sampler, drafting, waiting
//   rows         "all", or "answers": only ranges and targets
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/workloads/dwdp_settings.h"

namespace twinlink::scenarios {

struct Deployment {
  std::vector<std::int64_t> context_gpus{}, concurrency{};
  std::int64_t generation_gpus = 1;  // of one server
  std::int64_t generation_servers = 1;
  std::int64_t generation_batch = 1;  // requests under way per GPU
  std::int64_t drafts = 0;            // speculative tokens per step
  double tokens_per_step = 1;         // mean that a request gets of a step, drafts included
};

struct UserRange {
  std::string name;
  double low = 0, high = 0;  // tokens per second and user
};

struct ServingTarget {
  double tokens_per_s = 0;
  std::optional<double> ttft_ms, itl_ms;  // limits of the median TTFT and the mean ITL
};

struct ServingSettings {
  std::unique_ptr<DwdpSettings> context;
  std::vector<Deployment> deployments;
  std::int64_t osl = 1024;
  Duration decode_kernel, decode_host;
  std::vector<UserRange> ranges;
  std::optional<UserRange> overall;
  std::vector<ServingTarget> targets;
  bool all_rows = true;
};

// Complains through the reader; null if anything is wrong.
std::unique_ptr<ServingSettings> read_serving_settings(ObjectReader& object);

}  // namespace twinlink::scenarios
