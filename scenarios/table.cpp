#include "scenarios/table.h"

#include <fmt/format.h>

#include <algorithm>

#include "scenarios/version.h"

namespace twinlink::scenarios {
namespace {

using models::Operation;

std::string_view nccl_type(models::ElementType type) {
  switch (type) {
    case models::ElementType::fp32: return "float";
    case models::ElementType::fp64: return "double";
    case models::ElementType::bf16: return "bfloat16";
    case models::ElementType::fp16: return "half";
    case models::ElementType::u32: return "uint32";
  }
  return "float";
}

std::string_view reduction(Operation operation) {
  switch (operation) {
    case Operation::all_reduce:
    case Operation::reduce_scatter: return "sum";
    case Operation::scan:
    case Operation::exscan: return "decay";
    case Operation::all_gather:
    case Operation::all_to_all:
    case Operation::broadcast:
    case Operation::sendrecv: return "none";
  }
  return "none";
}

// nccl-tests counts the elements of one call's argument: a share where data are dealt to ranks.
std::int64_t elements(const Scenario& scenario, const Result& result) {
  const std::int64_t all = result.bytes.count / models::size_of(scenario.element);
  switch (result.operation) {
    case Operation::reduce_scatter:
    case Operation::all_gather:
    case Operation::all_to_all: return all / result.ranks;
    case Operation::all_reduce:
    case Operation::broadcast:
    case Operation::sendrecv:
    case Operation::scan:
    case Operation::exscan: return all;
  }
  return all;
}

std::string time_text(double us) {
  if (us >= 10000) return fmt::format("{:7.0f}", us);
  if (us >= 100) return fmt::format("{:7.1f}", us);
  return fmt::format("{:7.2f}", us);
}

std::string wrong_text(const Result& result) {
  if (!result.correct) return "N/A";
  if (*result.correct) return "0";
  return std::to_string(std::max(1, result.wrong_ranks));
}

std::string bandwidth_text(const std::optional<double>& gbps) {
  return gbps ? fmt::format("{:6.2f}", *gbps) : "   N/A";
}

std::string row_text(const Scenario& scenario, const Result& result) {
  const std::string rates =
      fmt::format("  {}  {}  {}", time_text(*result.time_us), bandwidth_text(result.algbw_gbps),
                  bandwidth_text(result.busbw_gbps));
  return fmt::format("{:>12}  {:>12}  {:>8}  {:>6}  {:>6}{} {:>6}{} {:>6}\n", result.bytes.count,
                     elements(scenario, result), nccl_type(scenario.element),
                     reduction(result.operation), -1, rates, wrong_text(result), rates, "N/A");
}

std::string worst_provenance(const std::vector<const Result*>& rows) {
  Provenance worst = Provenance::measured;
  for (const Result* row : rows)
    for (const Provenance p :
         {Provenance::fitted, Provenance::published, Provenance::datasheet, Provenance::assumed})
      if (row->provenance == name_of(p)) worst = worse(worst, p);
  return std::string(name_of(worst));
}

std::string header(const Scenario& scenario, const Run& run,
                   const std::vector<const Result*>& rows) {
  const Result& first = *rows.front();
  std::string out = fmt::format("# twinlink {} (nccl-tests format)\n", version());
  out += fmt::format("# Collective test starting: {}\n", models::name_of(first.operation));
  out += fmt::format("# algorithm: {} ranks: {} machine: {} gpus: {} executor: {}\n",
                     first.algorithm, first.ranks, run.machine, run.gpus, name_of(first.executor));
  const bool extrapolated =
      std::any_of(rows.begin(), rows.end(), [](const Result* row) { return row->extrapolated; });
  out += fmt::format("# profile: {} provenance: {}{} launch: {} scenario: {} seed: {}\n",
                     run.profile, worst_provenance(rows), extrapolated ? " (extrapolated)" : "",
                     models::name_of(scenario.launch), scenario.hash, scenario.seed);
  out += "# in-place columns repeat the out-of-place ones: the plan is out of place\n#\n";
  out += fmt::format("# {:>10}  {:>12}  {:>8}  {:>6}  {:>6}           {:<35}{:<20}\n", "", "", "",
                     "", "", "out-of-place", "in-place");
  const std::string four =
      fmt::format("  {:>7}  {:>6}  {:>6} {:>6}", "time", "algbw", "busbw", "#wrong");
  out += fmt::format("# {:>10}  {:>12}  {:>8}  {:>6}  {:>6}{}{}\n", "size", "count", "type",
                     "redop", "root", four, four);
  const std::string units =
      fmt::format("  {:>7}  {:>6}  {:>6} {:>6}", "(us)", "(GB/s)", "(GB/s)", "");
  out += fmt::format("# {:>10}  {:>12}  {:>8}  {:>6}  {:>6}{}{}\n", "(B)", "(elements)", "", "", "",
                     units, units);
  return out;
}

std::string footer(const std::vector<const Result*>& rows) {
  int wrong = 0, count = 0;
  double sum = 0;
  for (const Result* row : rows) {
    if (row->correct && !*row->correct) ++wrong;
    if (!row->time_us || !row->busbw_gbps) continue;
    sum += *row->busbw_gbps;
    ++count;
  }
  return fmt::format("# Out of bounds values : {} {}\n# Avg bus bandwidth    : {}\n#\n", wrong,
                     wrong == 0 ? "OK" : "FAILED",
                     count == 0 ? "N/A" : fmt::format("{:g}", sum / count));
}

}  // namespace

std::string nccl_table(const Scenario& scenario, const Run& run,
                       const std::vector<const Result*>& rows) {
  if (rows.empty()) return "";
  std::string out = header(scenario, run, rows);
  for (const Result* row : rows) {
    if (row->time_us)
      out += row_text(scenario, *row);
    else
      out += fmt::format("# {} bytes: no time{}{}\n", row->bytes.count,
                         row->reason.empty() ? "" : ": ", row->reason);
    if (row->correct && !*row->correct) out += "# wrong: " + row->reason + "\n";
  }
  return out + footer(rows);
}

std::string winner_comments(const Run& run) {
  std::vector<Contest> all = contests(run.results);
  std::erase_if(all, [](const Contest& contest) { return contest.order.size() < 2; });
  if (!run.crossovers || all.empty()) return "";
  std::string out = fmt::format("# Winners on {}\n# {:>10}  {:<22}  {:>10}  {}\n", run.machine,
                                "size", "winner", "time (us)", "the second takes");
  for (const Contest& contest : all)
    out += fmt::format("# {:>10}  {:<22}  {:>10}  {:.2f}x ({})\n", contest.bytes.count,
                       contest.winner(), time_text(*contest.order.front()->time_us),
                       contest.margin(), contest.order[1]->algorithm);
  for (const Crossover& crossover : *run.crossovers)
    out += fmt::format("# crossover between {} and {} bytes: {}, then {}\n", crossover.low.count,
                       crossover.high.count, crossover.from, crossover.to);
  if (run.crossovers->empty() && all.size() > 1)
    out += "# no crossover: one algorithm wins at all sizes\n";
  return out;
}

std::string policy_comments(const Run& run) {
  std::string out;
  for (const Result& row : run.results) {
    if (row.chosen.empty() || !row.regret) continue;
    if (out.empty())
      out += fmt::format("# Policies on {}\n# {:>10}  {:<22}  {:<22}  {}\n", run.machine, "size",
                         "policy", "calls", "of the winner's time");
    out += fmt::format("# {:>10}  {:<22}  {:<22}  {:.2f}x\n", row.bytes.count, row.algorithm,
                       row.chosen, *row.regret);
  }
  return out;
}

}  // namespace twinlink::scenarios
