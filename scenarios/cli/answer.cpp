#include "scenarios/cli/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "scenarios/units_text.h"

namespace twinlink::scenarios::cli {
namespace {

// The correct algorithms of one (ranks, bytes), fastest first.
struct Contest {
  int ranks = 0;
  Bytes bytes;
  std::vector<const Result*> order;
};

std::vector<Contest> contests(const std::vector<Result>& results) {
  std::map<std::pair<int, Bytes>, std::vector<const Result*>> by_point;
  for (const Result& row : results)
    if (row.time_us && row.correct.value_or(true)) by_point[{row.ranks, row.bytes}].push_back(&row);
  std::vector<Contest> out;
  for (auto& [point, rows] : by_point) {
    std::stable_sort(rows.begin(), rows.end(),
                     [](const Result* a, const Result* b) { return *a->time_us < *b->time_us; });
    out.push_back({point.first, point.second, std::move(rows)});
  }
  return out;
}

double lead(const Contest& contest) {
  return *contest.order[1]->time_us / *contest.order[0]->time_us;
}

std::string range(const std::string& low, const std::string& high) {
  return low == high ? low : low + " to " + high;
}

std::string factor_range(double low, double high) {
  const std::string a = fmt::format("{:.2f}", low), b = fmt::format("{:.2f}", high);
  return a == b ? a + "x" : a + "-" + b + "x";
}

// Neighbouring sizes of one rank count with the same winner and the same second.
std::string winner_text(const Contest* first, const Contest* last) {
  double low = lead(*first), high = lead(*first);
  for (const Contest* c = first; c <= last; ++c) {
    low = std::min(low, lead(*c));
    high = std::max(high, lead(*c));
  }
  const std::string sizes = range(to_text(first->bytes), to_text(last->bytes));
  if (high < 1.0005)
    return fmt::format("{}: {} and {} tie", sizes, first->order[0]->algorithm,
                       first->order[1]->algorithm);
  return fmt::format("{}: {}, {} ahead of {}", sizes, first->order[0]->algorithm,
                     factor_range(low, high), first->order[1]->algorithm);
}

bool same_order(const Contest& a, const Contest& b) {
  return a.ranks == b.ranks && a.order[0]->algorithm == b.order[0]->algorithm &&
         a.order[1]->algorithm == b.order[1]->algorithm;
}

std::vector<std::string> winners(const std::vector<Result>& results) {
  std::vector<Contest> all = contests(results);
  std::erase_if(all, [](const Contest& c) { return c.order.size() < 2; });
  std::vector<std::string> out;
  for (std::size_t i = 0; i < all.size();) {
    std::size_t end = i + 1;
    while (end < all.size() && same_order(all[i], all[end])) ++end;
    const std::string text = winner_text(&all[i], &all[end - 1]);
    if (i > 0 && all[i].ranks == all[i - 1].ranks)
      out.back() += "; " + text;
    else
      out.push_back(fmt::format("Fastest on {} ranks: {}", all[i].ranks, text));
    i = end;
  }
  for (std::string& sentence : out) sentence += ".";
  return out;
}

std::vector<std::string> wrong_plans(const std::vector<Result>& results) {
  std::vector<std::string> out;
  std::string previous;
  for (const Result& row : results) {
    if (row.correct.value_or(true)) continue;
    const std::string key = fmt::format("{} on {} ranks", row.algorithm, row.ranks);
    if (key != previous) out.push_back(fmt::format("WRONG: {}: {}.", key, row.reason));
    previous = key;
  }
  return out;
}

std::vector<std::string> against_published(const std::vector<Result>& results) {
  std::vector<double> errors;
  std::string record;
  for (const Result& row : results)
    for (const auto& [field, error] : published_errors(row)) {
      errors.push_back(std::abs(error));
      record = row.published->record.substr(0, row.published->record.find(':'));
    }
  if (errors.empty()) return {};
  std::sort(errors.begin(), errors.end());
  const std::size_t p90 = (errors.size() * 9 + 9) / 10 - 1;
  const std::size_t half = errors.size() / 2;
  const double median =
      errors.size() % 2 == 1 ? errors[half] : (errors[half - 1] + errors[half]) / 2;
  return {
      fmt::format("Against published times ({}, nearest kernels): {} rows, absolute error of "
                  "the prediction: median {:.0f}%, p90 {:.0f}%, max {:.0f}%.",
                  record, errors.size(), median, errors[p90], errors.back())};
}

}  // namespace

std::vector<std::string> answer(const std::vector<Result>& results) {
  std::vector<std::string> out = winners(results);
  for (std::string& text : wrong_plans(results)) out.push_back(std::move(text));
  for (std::string& text : against_published(results)) out.push_back(std::move(text));
  return out;
}

}  // namespace twinlink::scenarios::cli
