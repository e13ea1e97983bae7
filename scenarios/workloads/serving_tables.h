#pragma once
// Step times of servers, each found once: context steps from simulated plans, decode steps from
// rooflines.
//
// context     1, 2, 4, ... requests per rank, up to what a forward takes: the plan of the variant,
//             simulated over `forwards` forwards, mean over ranks; by tokens of the fullest rank
//             (dep: all ranks of the group wait for it) or of the rank (dwdp, with `host` on top)
// generation  the ops of models/workloads/decode.h one after another, each its roofline but at
//             least decode_kernel, and per dispatch or combine a flag and its bytes at the link's
//             rate; divided by tokens_per_step. Context: mean input + half the output.
// No waiting between generation ranks, no overlap, prefill's efficiencies: assumed provenance.
#include <map>

#include "scenarios/workloads/serving_settings.h"
#include "scenarios/workloads/workload.h"
#include "sim/serving.h"

namespace twinlink::scenarios {

class StepTables {
 public:
  StepTables(const ServingSettings& settings, const WorkloadContext& context);
  const sim::StepTable& context(DwdpVariant variant);
  // InputError if weights and caches do not fit into hbm_capacity.
  const sim::StepTable& generation(const Deployment& deployment);
  [[nodiscard]] double mean_input() const;
  [[nodiscard]] double link_rate() const { return link_rate_; }  // bytes/s, of one GPU

 private:
  [[nodiscard]] sim::StepTable simulate_context(DwdpVariant variant) const;
  [[nodiscard]] double decode_seconds(const Deployment& deployment, std::int64_t requests) const;
  void ensure_fits(const Deployment& deployment) const;

  const ServingSettings& settings_;
  Machine machine_;
  WorkloadContext context_;
  double link_rate_ = 0;
  std::map<DwdpVariant, sim::StepTable> contexts_;
  std::map<std::vector<double>, sim::StepTable> generations_;
};

}  // namespace twinlink::scenarios
