#include "scenarios/cli/run_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "scenarios/cli/answer.h"
#include "scenarios/cli/layout.h"
#include "scenarios/cli/workload_text.h"
#include "scenarios/units_text.h"

namespace twinlink::scenarios::cli {
namespace {

std::string provenance_text(const Run& run) {
  std::string worst;
  bool extrapolated = false;
  for (const Result& row : run.results) {
    if (worst.empty()) worst = row.provenance;
    if (row.provenance == "assumed") worst = row.provenance;
    extrapolated = extrapolated || row.extrapolated;
  }
  if (worst.empty()) return "";
  return fmt::format("constants: {}{}", worst, extrapolated ? ", partly extrapolated" : "");
}

std::string_view what_is_run(const Scenario& scenario) {
  if (scenario.workload) return scenario.workload_kind;
  return models::name_of(scenario.operation);
}

std::string heading(const Scenario& scenario, const Run& run) {
  std::string out;
  if (!scenario.question.empty()) out += wrapped(scenario.question) + "\n";
  const std::string machine =
      scenario.machines.size() > 1
          ? fmt::format("machines {}, profiles {}", run.machine, run.profile)
          : fmt::format("machine {} ({} GPUs), profile {}", run.machine, run.gpus, run.profile);
  std::string facts = fmt::format("{}, executor {}, {}{}", machine, name_of(scenario.executor),
                                  what_is_run(scenario), scenario.params.suffix ? " (suffix)" : "");
  const std::string variant = scenario.machines.empty() ? variant_of(scenario) : "";
  if (!variant.empty()) facts += ", " + variant;
  const std::string provenance = provenance_text(run);
  if (!provenance.empty()) facts += ", " + provenance;
  return out + wrapped(facts) + "\n";
}

std::string time_text(const Result& row) {
  if (!row.time_us) return "-";
  if (*row.time_us >= 1000) return fmt::format("{:.0f}", *row.time_us);
  return fmt::format("{:.2f}", *row.time_us);
}

std::string over_bound(const Result& row) {
  if (!row.time_us || !row.lower_bound_us || *row.lower_bound_us <= 0) return "-";
  return fmt::format("{:.2f}", *row.time_us / *row.lower_bound_us);
}

std::string correct_text(const Result& row) {
  if (!row.correct) return "-";
  return *row.correct ? "yes" : "NO";
}

std::string error_text(const Result& row) {
  const auto errors = published_errors(row);
  if (errors.empty()) return "-";
  return fmt::format("{:.1f} {:+.0f}%", row.published->fields.front().second,
                     errors.front().second);
}

std::string shortened(const std::string& text, std::size_t width) {
  return text.size() <= width ? text : text.substr(0, width - 3) + "...";
}

class Table {
 public:
  explicit Table(const Run& run) : run_(run) {
    for (const Result& row : run.results) {
      name_ = std::max(name_, row.algorithm.size());
      published_ = published_ || row.published.has_value();
    }
  }

  [[nodiscard]] std::string text() const {
    std::string out = line({"algorithm", "ranks", "bytes", "time us", "GB/s", "xbound", "correct",
                            published_ ? "published us" : "", "bottleneck"});
    for (const Result& row : run_.results)
      out += line({row.algorithm, std::to_string(row.ranks), to_text(row.bytes), time_text(row),
                   row.algbw_gbps ? fmt::format("{:.1f}", *row.algbw_gbps) : "-", over_bound(row),
                   correct_text(row), published_ ? error_text(row) : "", row.bottleneck});
    return out;
  }

 private:
  struct Cells {
    std::string algorithm, ranks, bytes, time, rate, bound, correct, published, bottleneck;
  };

  [[nodiscard]] std::string line(const Cells& cells) const {
    std::string out =
        fmt::format("{:<{}} {:>5} {:>9} {:>8} {:>6} {:>6} {:>7}", cells.algorithm, name_,
                    cells.ranks, cells.bytes, cells.time, cells.rate, cells.bound, cells.correct);
    if (published_) out += fmt::format(" {:>13}", cells.published);
    if (!cells.bottleneck.empty() && out.size() + 10 < kColumns)
      out += "  " + shortened(cells.bottleneck, kColumns - out.size() - 2);
    return out + "\n";
  }

  const Run& run_;
  std::size_t name_ = 9;
  bool published_ = false;
};

std::string title(const Scenario& scenario, const Result& row) {
  const std::string variant = row.variant.empty() ? "as it is" : row.variant;
  if (scenario.machines.empty()) return wrapped(variant);
  return wrapped(row.variant.empty() ? row.machine : row.machine + ", " + variant);
}

// One table per machine, named where there are several.
std::string tables(const Scenario& scenario, const Run& run) {
  if (machines_of(scenario).size() == 1) return Table(run).text() + "\n";
  std::string out;
  for (std::size_t i = 0; i < run.results.size();) {
    const Result& first = run.results[i];
    Run part;
    for (; i < run.results.size() && run.results[i].machine == first.machine &&
           run.results[i].variant == first.variant;
         ++i)
      part.results.push_back(run.results[i]);
    out += title(scenario, first) + Table(part).text() + "\n";
  }
  return out;
}

}  // namespace

std::string run_text(const Scenario& scenario, const Run& run) {
  std::string out = heading(scenario, run);
  if (scenario.workload) {
    out += workload_tables(run.results) + "\n";
    for (const std::string& sentence : workload_answer(run.results)) out += wrapped(sentence);
    return out;
  }
  out += tables(scenario, run);
  for (const std::string& sentence : answer(run.results)) out += wrapped(sentence);
  return out;
}

}  // namespace twinlink::scenarios::cli
