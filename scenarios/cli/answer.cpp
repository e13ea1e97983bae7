#include "scenarios/cli/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "scenarios/contest.h"
#include "scenarios/units_text.h"

namespace twinlink::scenarios::cli {
namespace {

std::string range(const std::string& low, const std::string& high) {
  return low == high ? low : low + " to " + high;
}

// "1.20x", or "1.20-1.61x": by how much place `i` is behind the first in the contests of a range.
std::string behind(const Contest* first, const Contest* last, std::size_t i) {
  double low = 0, high = 0;
  for (const Contest* c = first; c <= last; ++c) {
    const double ratio = *c->order[i]->time_us / *c->order[0]->time_us;
    low = c == first ? ratio : std::min(low, ratio);
    high = std::max(high, ratio);
  }
  const std::string a = fmt::format("{:.2f}", low), b = fmt::format("{:.2f}", high);
  return a == b ? a + "x" : a + "-" + b + "x";
}

// Neighbouring sizes of one rank count with the same order of all algorithms.
std::string order_text(const Contest* first, const Contest* last) {
  std::string text =
      range(to_text(first->bytes), to_text(last->bytes)) + ": " + first->order[0]->algorithm;
  for (std::size_t i = 1; i < first->order.size(); ++i)
    text += fmt::format("{} {} {}", i == 1 ? "; after it" : ",", first->order[i]->algorithm,
                        behind(first, last, i));
  return text;
}

bool same_order(const Contest& a, const Contest& b) {
  if (a.machine != b.machine || a.variant != b.variant || a.ranks != b.ranks ||
      a.order.size() != b.order.size())
    return false;
  for (std::size_t i = 0; i < a.order.size(); ++i)
    if (a.order[i]->algorithm != b.order[i]->algorithm) return false;
  return true;
}

std::vector<std::string> machines_in(const std::vector<Result>& results) {
  std::vector<std::string> machines;
  for (const Result& row : results)
    if (std::ranges::find(machines, row.machine) == machines.end()) machines.push_back(row.machine);
  return machines;
}

std::vector<std::string> winners(const std::vector<Result>& results) {
  std::vector<Contest> all = contests(results);
  std::erase_if(all, [](const Contest& c) { return c.order.size() < 2; });
  const bool several = machines_in(results).size() > 1;
  std::vector<std::string> out;
  for (std::size_t i = 0; i < all.size();) {
    std::size_t end = i + 1;
    while (end < all.size() && same_order(all[i], all[end])) ++end;
    const std::string variant = all[i].variant.empty() ? "" : " (" + all[i].variant + ")";
    const std::string machine = several ? " of " + all[i].machine : "";
    out.push_back(fmt::format("Fastest on {} ranks{}{}, {}.", all[i].ranks, machine, variant,
                              order_text(&all[i], &all[end - 1])));
    i = end;
  }
  return out;
}

// Runs of one algorithm at several sizes are wrong alike: the first of each rank count speaks.
std::vector<std::string> wrong_plans(const std::vector<Result>& results) {
  std::map<std::string, std::vector<const Result*>> by_algorithm;
  for (const Result& row : results) {
    if (row.correct.value_or(true)) continue;
    auto& rows = by_algorithm[row.algorithm];
    if (rows.empty() || rows.back()->ranks != row.ranks) rows.push_back(&row);
  }
  std::vector<std::string> out;
  for (const auto& [algorithm, rows] : by_algorithm) {
    std::string counts;
    for (const Result* row : rows)
      counts +=
          fmt::format("{}{} of {} ranks", counts.empty() ? "" : ", ", row->wrong_ranks, row->ranks);
    out.push_back(fmt::format("WRONG: {} at {}. On {} ranks: {}.", algorithm, counts,
                              rows.front()->ranks, rows.front()->reason));
  }
  return out;
}

// What each policy loses against the fastest, and where most.
std::vector<std::string> regrets(const std::vector<Result>& results) {
  std::vector<const Result*> worst, best;  // by policy and machine
  for (const Result& row : results) {
    if (!row.regret) continue;
    const auto same = [&](const Result* other) {
      return other->algorithm == row.algorithm && other->machine == row.machine;
    };
    const auto found = std::ranges::find_if(worst, same);
    if (found == worst.end()) {
      worst.push_back(&row), best.push_back(&row);
      continue;
    }
    const Result*& low = best[static_cast<std::size_t>(found - worst.begin())];
    if (*row.regret > *(*found)->regret) *found = &row;
    if (*row.regret < *low->regret) low = &row;
  }
  std::vector<std::string> out;
  for (std::size_t i = 0; i < worst.size(); ++i) {
    const std::string low = fmt::format("{:.2f}x", *best[i]->regret);
    const std::string high = fmt::format("{:.2f}x", *worst[i]->regret);
    out.push_back(
        fmt::format("On {} {} takes {} of the fastest's time; most on {} ranks with {}, "
                    "where it calls {}.",
                    worst[i]->machine, worst[i]->algorithm, range(low, high), worst[i]->ranks,
                    to_text(worst[i]->bytes), worst[i]->chosen));
  }
  return out;
}

// Where nothing can be compared: how near one algorithm comes to its lower bound.
std::vector<std::string> against_bound(const std::vector<Result>& results) {
  double low = 0, high = 0;
  std::size_t count = 0;
  for (const Result& row : results) {
    if (!row.time_us || row.lower_bound_us.value_or(0) <= 0) continue;
    const double ratio = *row.time_us / *row.lower_bound_us;
    low = count == 0 ? ratio : std::min(low, ratio);
    high = std::max(high, ratio);
    ++count;
  }
  if (count == 0) return {};
  return {fmt::format("{} takes {} of its lower bound.", results.front().algorithm,
                      range(fmt::format("{:.2f}x", low), fmt::format("{:.2f}x", high)))};
}

// Of runs without times, whether the numbers are right is the answer.
std::vector<std::string> checked_numbers(const std::vector<Result>& results) {
  std::size_t right = 0, checked = 0;
  for (const Result& row : results) {
    if (row.time_us || !row.correct) continue;
    ++checked;
    if (*row.correct) ++right;
  }
  if (checked == 0) return {};
  return {fmt::format("{} of {} points are proved and have the right numbers.", right, checked)};
}

bool single_algorithm(const std::vector<Result>& results) {
  return std::all_of(results.begin(), results.end(),
                     [&](const Result& row) { return row.algorithm == results.front().algorithm; });
}

// Of one machine: `where` says which, if there are several.
std::string against_published(const std::vector<const Result*>& results, const std::string& where) {
  std::vector<double> errors;
  std::string record;
  for (const Result* row : results)
    for (const auto& [field, error] : published_errors(*row)) {
      if (field != "time_us") continue;
      errors.push_back(std::abs(error));
      record = row->published->record.substr(0, row->published->record.find(':'));
    }
  if (errors.empty()) return {};
  std::sort(errors.begin(), errors.end());
  const std::size_t p90 = (errors.size() * 9 + 9) / 10 - 1;
  const std::size_t half = errors.size() / 2;
  const double median =
      errors.size() % 2 == 1 ? errors[half] : (errors[half - 1] + errors[half]) / 2;
  return fmt::format(
      "Against published times{} ({}, nearest kernels): {} rows, absolute error of "
      "the prediction: median {:.0f}%, p90 {:.0f}%, max {:.0f}%.",
      where, record, errors.size(), median, errors[p90], errors.back());
}

std::vector<std::string> against_published(const std::vector<Result>& results) {
  const std::vector<std::string> machines = machines_in(results);
  std::vector<std::string> out;
  for (const std::string& machine : machines) {
    std::vector<const Result*> rows;
    for (const Result& row : results)
      if (row.machine == machine) rows.push_back(&row);
    const std::string text = against_published(rows, machines.size() > 1 ? " of " + machine : "");
    if (!text.empty()) out.push_back(text);
  }
  return out;
}

}  // namespace

std::vector<std::string> answer(const std::vector<Result>& results) {
  std::vector<std::string> out =
      single_algorithm(results) ? against_bound(results) : winners(results);
  for (std::string& text : regrets(results)) out.push_back(std::move(text));
  for (std::string& text : checked_numbers(results)) out.push_back(std::move(text));
  for (std::string& text : wrong_plans(results)) out.push_back(std::move(text));
  for (std::string& text : against_published(results)) out.push_back(std::move(text));
  return out;
}

}  // namespace twinlink::scenarios::cli
