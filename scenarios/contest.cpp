#include "scenarios/contest.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>
#include <tuple>

#include "models/collectives/catalogue.h"
#include "scenarios/machine.h"
#include "scenarios/run.h"

namespace twinlink::scenarios {
namespace {

class Search {
 public:
  Search(const Scenario& scenario, const std::atomic<bool>* stop)
      : scenario_(scenario), stop_(stop) {}

  std::vector<Crossover> between(const Contest& low, const Contest& high) {
    found_.clear();
    machine_ = low.machine;
    Scenario narrowed = scenario_;
    narrowed.ranks = {low.ranks};
    narrowed.algorithms = contenders(low, high);
    refine(narrowed, {low.bytes, low.winner()}, {high.bytes, high.winner()});
    return found_;
  }

 private:
  struct End {
    Bytes bytes;
    std::string winner;
  };

  [[nodiscard]] std::vector<std::string> contenders(const Contest& low, const Contest& high) const {
    std::set<std::string> near;
    for (const Contest* contest : {&low, &high})
      for (const Result* row : contest->order)
        if (*row->time_us <= kContender * *contest->order.front()->time_us)
          near.insert(row->algorithm);
    std::vector<std::string> names = scenario_.algorithms;
    std::erase_if(names, [&](const std::string& name) { return !near.contains(name); });
    return names;
  }

  // The geometric middle in whole elements; one of the ends if there is none between them.
  [[nodiscard]] Bytes middle(Bytes low, Bytes high) const {
    const auto element = std::int64_t{models::size_of(scenario_.element)};
    const double wanted =
        std::sqrt(static_cast<double>(low.count) * static_cast<double>(high.count));
    return {std::max(low.count, static_cast<std::int64_t>(wanted) / element * element)};
  }

  [[nodiscard]] bool is_near(Bytes low, Bytes high) const {
    const double ratio = static_cast<double>(high.count) / static_cast<double>(low.count);
    return ratio <= kCrossoverRatio || middle(low, high) <= low;
  }

  void refine(Scenario& scenario, const End& low, const End& high) {
    if (low.winner == high.winner) return;
    if (scenario.executor != ExecutorKind::sim || stopped() || is_near(low.bytes, high.bytes))
      return add(scenario, low, high);
    scenario.bytes = {middle(low.bytes, high.bytes)};
    RunOptions options;
    options.check = false;
    options.skip_refused = true;
    const Run run = run_scenario(scenario, options);
    const std::vector<Contest> found = contests(run.results);
    if (found.empty()) return add(scenario, low, high);
    const End between{found.front().bytes, found.front().winner()};
    refine(scenario, low, between);
    refine(scenario, between, high);
  }

  void add(const Scenario& scenario, const End& low, const End& high) {
    found_.push_back({machine_, variant_of(scenario), scenario.ranks.front(), low.winner,
                      high.winner, low.bytes, high.bytes});
  }

  [[nodiscard]] bool stopped() const { return stop_ != nullptr && stop_->load(); }

  const Scenario& scenario_;
  const std::atomic<bool>* stop_;
  std::string machine_;
  std::vector<Crossover> found_;
};

// Published algorithms that are known to be wrong do not compete, even where nothing is checked.
bool announced_wrong(const Result& row) {
  return std::ranges::any_of(models::catalogue(), [&](const models::Algorithm& algorithm) {
    return algorithm.operation == row.operation && algorithm.name == row.algorithm &&
           algorithm.wrong_from > 0 && row.ranks >= algorithm.wrong_from;
  });
}

bool is_same_machine(const Contest& a, const Contest& b) {
  return a.machine == b.machine && a.variant == b.variant;
}

bool competes(const Result& row) {
  return row.chosen.empty() && row.time_us && row.correct.value_or(!announced_wrong(row));
}

}  // namespace

double Contest::margin() const {
  const double first = order.front()->time_us.value_or(0);
  if (order.size() < 2 || first <= 0) return 1;
  return *order[1]->time_us / first;
}

std::vector<Contest> contests(const std::vector<Result>& results) {
  std::vector<std::pair<std::string, std::string>> machines;  // and variants
  std::map<std::tuple<std::ptrdiff_t, int, Bytes>, std::vector<const Result*>> by_point;
  for (const Result& row : results) {
    if (!competes(row)) continue;
    const std::pair name(row.machine, row.variant);
    const auto known = std::ranges::find(machines, name);
    const auto machine = known - machines.begin();
    if (known == machines.end()) machines.push_back(name);
    by_point[{machine, row.ranks, row.bytes}].push_back(&row);
  }
  std::vector<Contest> out;
  for (auto& [point, rows] : by_point) {
    std::ranges::stable_sort(rows, {}, [](const Result* row) { return *row->time_us; });
    const Result& any = *rows.front();
    out.push_back(
        {any.machine, any.variant, std::get<1>(point), std::get<2>(point), std::move(rows)});
  }
  return out;
}

std::vector<Crossover> crossovers(const Scenario& scenario, const std::vector<Result>& results,
                                  const std::atomic<bool>* stop) {
  const std::vector<Contest> all = contests(results);
  const bool several = !scenario.machines.empty();
  std::vector<Crossover> out;
  for (const Scenario& machine : machines_of(scenario)) {
    const std::string name = several ? machine_name(machine) : "";
    Search search(machine, stop);
    for (std::size_t i = 0; i + 1 < all.size(); ++i) {
      const Contest &low = all[i], &high = all[i + 1];
      if (low.ranks != high.ranks || !is_same_machine(low, high)) continue;
      if (low.variant != variant_of(machine) || (several && low.machine != name)) continue;
      std::ranges::move(search.between(low, high), std::back_inserter(out));
    }
  }
  return out;
}

}  // namespace twinlink::scenarios
