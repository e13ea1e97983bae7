#include "sim/serving_figures.h"

#include <algorithm>
#include <span>
#include <utility>

namespace twinlink::sim {
namespace {

constexpr double kTicks = 1e12;  // ps per second

double seconds(std::int64_t ps) { return static_cast<double>(ps) / kTicks; }

// A value and how often it occurs.
using Weighted = std::pair<double, std::int64_t>;

// The smallest value that at least a share q of the list does not exceed (nearest rank).
double quantile(const std::vector<Weighted>& sorted, std::int64_t count, double q) {
  std::int64_t seen = 0;
  for (const auto& [value, times] : sorted) {
    seen += times;
    if (static_cast<double>(seen) >= q * static_cast<double>(count)) return value;
  }
  return sorted.empty() ? 0 : sorted.back().first;
}

Spread spread_of(std::vector<Weighted> values) {
  std::ranges::sort(values);
  double sum = 0;
  std::int64_t count = 0;
  for (const auto& [value, times] : values) {
    sum += value * static_cast<double>(times);
    count += times;
  }
  if (count == 0) return {};
  return {sum / static_cast<double>(count), quantile(values, count, 0.5),
          quantile(values, count, 0.99)};
}

// The part of [start, end] within the window.
double within(std::int64_t start, std::int64_t end, const BusyStep& window) {
  return seconds(
      std::max<std::int64_t>(0, std::min(end, window.end) - std::max(start, window.start)));
}

// Gaps of one server's requests: the first of each by itself, then one per step, counted by how
// many of the requests the step served.
void add_gaps(std::vector<Weighted>& gaps, std::span<const ServedRequest> requests,
              std::span<const DecodeStep> steps, int server) {
  std::vector<std::int64_t> change(steps.size() + 1);
  for (const ServedRequest& request : requests) {
    if (request.generation_server != server) continue;
    gaps.emplace_back(seconds(steps[request.first_step].end - request.first_token), 1);
    ++change[request.first_step + 1];
    if (request.last_step + 1 <= steps.size()) --change[request.last_step + 1];
  }
  std::int64_t open = 0;
  for (std::size_t step = 0; step < steps.size(); ++step) {
    open += change[step];
    // A request never skips a step: the gap is from the end of the step before.
    if (open > 0) gaps.emplace_back(seconds(steps[step].end - steps[step - 1].end), open);
  }
}

void add_latencies(ServingFigures& figures, std::span<const ServedRequest> requests) {
  std::vector<Weighted> ttft, tpot, e2e;
  for (const ServedRequest& request : requests) {
    const std::int64_t decode = request.last_token - request.first_token;
    ttft.emplace_back(seconds(request.first_token - request.sent), 1);
    e2e.emplace_back(seconds(request.last_token - request.sent), 1);
    if (request.output > 1)
      tpot.emplace_back(seconds(decode) / static_cast<double>(request.output - 1), 1);
  }
  figures.ttft = spread_of(std::move(ttft));
  figures.tpot = spread_of(std::move(tpot));
  figures.e2e = spread_of(std::move(e2e));
}

void add_use(ServingFigures& figures, const ServingRecord& record, const BusyStep& window,
             const ServingSetup& setup) {
  double busy = 0, used = 0;
  for (const BusyStep& step : record.context_steps) busy += within(step.start, step.end, window);
  for (const auto& steps : record.steps)
    for (const DecodeStep& step : steps)
      used += within(step.start, step.end, window) * static_cast<double>(step.requests);
  const auto places = static_cast<double>(setup.generation.places * setup.generation.servers);
  figures.context_busy = busy / figures.window / setup.context.servers;
  figures.generation_use = used / figures.window / places;
}

}  // namespace

ServingFigures figures_of(const ServingRecord& record, const ServingSetup& setup) {
  const auto warm = static_cast<std::size_t>(setup.clients.warm_up);
  const auto count = static_cast<std::size_t>(setup.clients.measured);
  const auto requests = std::span(record.ended).subspan(warm, count);
  const BusyStep window{warm == 0 ? 0 : record.ended[warm - 1].last_token,
                        requests.back().last_token};
  ServingFigures figures;
  figures.window = seconds(window.end - window.start);
  std::vector<Weighted> gaps;
  for (std::size_t server = 0; server < record.steps.size(); ++server)
    add_gaps(gaps, requests, record.steps[server], static_cast<int>(server));
  figures.itl = spread_of(std::move(gaps));
  add_latencies(figures, requests);
  std::int64_t tokens = 0;
  for (const ServedRequest& request : requests) tokens += request.output;
  figures.throughput = static_cast<double>(tokens) / figures.window;
  figures.tps_user = figures.itl.mean > 0 ? 1 / figures.itl.mean : 0;
  add_use(figures, record, window, setup);
  return figures;
}

}  // namespace twinlink::sim
