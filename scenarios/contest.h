#pragma once
// Who is fastest where: results compared per (machine, ranks, bytes), and the sizes at which the
// winner changes.
//
// Only correct results with a time compete, and unchecked ones of algorithms that are not announced
// to be wrong (Algorithm::wrong_from); not policies, which are one of the others; ties go to the
// first algorithm of the scenario. Margin: time of the second / time of the winner, at least 1.
// Between two neighbouring sizes with different winners the simulator is asked again, at the
// geometric middle, until the sizes are within 5 % or one element apart; a third algorithm that
// wins in between gives two crossovers. Asked are those whose time is within kContender of the
// winner's at either end. Other executors measure what they were asked and nothing else: their
// crossovers are the whole interval.
#include <atomic>
#include <string>
#include <vector>

#include "scenarios/result.h"
#include "scenarios/scenario.h"

namespace twinlink::scenarios {

inline constexpr double kCrossoverRatio = 1.05;
inline constexpr double kContender = 2;

// The correct results of one (machine, ranks, bytes), fastest first.
struct Contest {
  std::string machine, variant;  // as in Result
  int ranks = 0;
  Bytes bytes;
  std::vector<const Result*> order;  // never empty
  [[nodiscard]] const std::string& winner() const { return order.front()->algorithm; }
  [[nodiscard]] double margin() const;  // 1 if nobody is second
};

// By machine and variant in the order met, then ranks, then bytes. Points into `results`.
std::vector<Contest> contests(const std::vector<Result>& results);

// From `low` to `high` the winner changes; at these sizes themselves it is `from` and `to`.
struct Crossover {
  std::string machine, variant;
  int ranks = 0;
  std::string from, to;
  Bytes low, high;
};

// In the order of contests. `stop` (may be null) ends the search: what is left stays as wide as it
// is.
std::vector<Crossover> crossovers(const Scenario& scenario, const std::vector<Result>& results,
                                  const std::atomic<bool>* stop);

}  // namespace twinlink::scenarios
