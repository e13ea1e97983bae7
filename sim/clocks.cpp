#include "sim/clocks.h"

#include <algorithm>
#include <cmath>

namespace twinlink::sim {
namespace {

using namespace models;

constexpr std::int64_t kTicks = 8;             // per time constant
constexpr double kStep = 0.11750309741540454;  // 1 - e^(-1 / kTicks)
constexpr double kSettled = 1e-4;              // a clock this near to where it goes is there
constexpr std::int64_t kLeastTick = 1000;      // ps

std::int64_t tick_of(const PowerModel& power) {
  if (power.clock_time.ps == 0) return 0;
  return std::max(power.clock_time.ps / kTicks, kLeastTick);
}

}  // namespace

Clocks::Clocks(const Plan& plan, const CostModel& costs)
    : plan_(plan),
      power_(costs.power()),
      first_sms_(static_cast<std::int32_t>(costs.first_sms())),
      tick_(tick_of(power_)),
      gpus_(costs.resources().size() - costs.first_sms()) {
  follow_power_ = has_sms() && power_.limit > 0 && power_.most(plan) > power_.limit;
  for (Gpu& gpu : gpus_) {
    gpu.active.resize(words(WorkKind{}).size());
    gpu.watts = power_.idle;
  }
}

std::int32_t Clocks::gpu_of(BufferId buffer) const {
  return plan_.gpu_of(plan_.buffer(buffer).rank);
}

void Clocks::change(OpId op, int step) {
  if (plan_.op(op).kind != OpKind::compute) return change_transfer(op, step);
  const std::int32_t gpu = plan_.gpu_of(plan_.rank_of(op));
  at(gpu).active[static_cast<std::size_t>(plan_.computes[plan_.op(op).detail].work)] += step;
  touch(gpu);
}

// SMs load from remote sources and store to remote destinations; other engines move bytes straight
// from source to destination.
void Clocks::change_transfer(OpId op, int step) {
  const auto sources = plan_.sources(op), destinations = plan_.destinations(op);
  const Lane& lane = plan_.lane(plan_.op(op).lane);
  const std::int32_t home = plan_.gpu_of(lane.rank);
  if (lane.engine == Engine::sm) {
    for (const Slice& slice : sources) travel(gpu_of(slice.buffer), home, step);
    for (const Slice& slice : destinations) travel(home, gpu_of(slice.buffer), step);
    return;
  }
  for (std::size_t i = 0; i < destinations.size(); ++i)
    travel(gpu_of(sources[sources.size() == 1 ? 0 : i].buffer), gpu_of(destinations[i].buffer),
           step);
}

void Clocks::travel(std::int32_t from, std::int32_t to, int step) {
  if (from == to) return;
  at(from).out += step;
  at(to).in += step;
  touch(from);
  touch(to);
}

void Clocks::touch(std::int32_t gpu) {
  if (at(gpu).touched) return;
  at(gpu).touched = true;
  touched_.push_back(gpu);
}

void Clocks::mark(std::int32_t gpu) {
  if (at(gpu).changed) return;
  at(gpu).changed = true;
  changed_.push_back(gpu);
}

void Clocks::leave(std::int32_t gpu, double free_share) {
  if (at(gpu).free_share == free_share) return;
  at(gpu).free_share = free_share;
  mark(gpu);
}

double Clocks::power_of(const Gpu& gpu) const {
  double hungriest = 0;
  for (std::size_t kind = 0; kind < gpu.active.size(); ++kind)
    if (gpu.active[kind] > 0) hungriest = std::max(hungriest, power_.work[kind]);
  const int ways = (gpu.in > 0 ? 1 : 0) + (gpu.out > 0 ? 1 : 0);
  return power_.idle + hungriest + ways * (power_.communication / 2);
}

void Clocks::settle(Duration now) {
  for (const std::int32_t gpu : touched_) {
    at(gpu).touched = false;
    settle_power(gpu, now);
  }
  touched_.clear();
  for (const std::int32_t gpu : changed_) {
    at(gpu).changed = false;
    speeds_.push_back({first_sms_ + gpu, 1e12 * (at(gpu).clock * at(gpu).free_share)});
  }
  changed_.clear();
}

void Clocks::settle_power(std::int32_t gpu, Duration now) {
  Gpu& g = at(gpu);
  const double watts = power_of(g);
  if (watts == g.watts) return;
  if (tick_ == 0) {
    g.watts = watts;
    return set_clock(gpu, power_.clock_at(watts), now);
  }
  const Duration window{now.ps / tick_ * tick_};  // what was before it has been sampled
  if (g.since < window) {
    g.energy = 0;
    g.since = window;
  }
  g.energy += g.watts * static_cast<double>((now - g.since).ps);
  g.since = now;
  g.watts = watts;
  if (power_.clock_at(watts) != g.clock) ask_sample(gpu, now);
}

void Clocks::ask_sample(std::int32_t gpu, Duration now) {
  if (at(gpu).sampled) return;
  at(gpu).sampled = true;
  samples_.push_back({gpu, Duration{(now.ps / tick_ + 1) * tick_}});
}

void Clocks::sample(std::int32_t gpu, Duration now) {
  Gpu& g = at(gpu);
  g.energy += g.watts * static_cast<double>((now - g.since).ps);
  const double target = power_.clock_at(g.energy / static_cast<double>(tick_));
  g.sampled = false;
  g.energy = 0;
  g.since = now;
  double clock = g.clock + kStep * (target - g.clock);
  if (std::abs(target - clock) < kSettled) clock = target;
  const double next = power_.clock_at(g.watts);
  const bool settled = std::abs(next - clock) < kSettled;
  set_clock(gpu, settled ? next : clock, now);
  if (!settled) ask_sample(gpu, now);
}

void Clocks::set_clock(std::int32_t gpu, double clock, Duration now) {
  Gpu& g = at(gpu);
  if (clock == g.clock) return;
  g.area += g.clock * static_cast<double>((now - g.clock_since).ps);
  g.clock_since = now;
  g.clock = clock;
  mark(gpu);
}

void Clocks::clear() {
  speeds_.clear();
  samples_.clear();
}

std::vector<double> Clocks::mean_clocks(Duration end) const {
  std::vector<double> means;
  if (!follow_power_ || end.ps <= 0) return means;
  for (const Gpu& g : gpus_)
    means.push_back((g.area + g.clock * static_cast<double>((end - g.clock_since).ps)) /
                    static_cast<double>(end.ps));
  return means;
}

}  // namespace twinlink::sim
