#include "realgpu/repeated.h"

#include "realgpu/graph.h"
#include "realgpu/quantile.h"

namespace twinlink::realgpu {
namespace {

std::vector<double> seconds_of(const Stream& origin, const Chain& chain, int pieces,
                               const std::function<void(int)>& issue) {
  issue(1);  // loads kernels, which capture might not allow
  origin.synchronize();
  if (!chain.graph) return replay_seconds(origin, chain.count, [&] { issue(pieces); });
  const Graph graph(origin, [&] { issue(pieces); });
  return replay_seconds(origin, chain.count, [&] { graph.launch(origin); });
}

}  // namespace

std::vector<double> seconds_per_piece(const Stream& origin, const Chain& chain,
                                      const std::function<void(int)>& issue) {
  const double few = quantile(seconds_of(origin, chain, chain.few, issue), 0.5);
  std::vector<double> seconds = seconds_of(origin, chain, chain.many, issue);
  for (double& s : seconds) s = (s - few) / (chain.many - chain.few);
  return seconds;
}

}  // namespace twinlink::realgpu
