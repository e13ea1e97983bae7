#include "analysis/splits.h"

#include <array>
#include <map>
#include <numeric>
#include <tuple>

namespace twinlink::analysis {
namespace {

constexpr std::array kSplits{Split::none,         Split::by_ranks,     Split::by_size,
                             Split::by_algorithm, Split::every_second, Split::alone};

std::vector<std::size_t> all_of(std::span<const Sample> samples) {
  std::vector<std::size_t> all(samples.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

struct Key {
  std::int64_t number;
  std::string name;
  auto operator<=>(const Key&) const = default;
};

Key key_of(const Sample& sample, Split split) {
  switch (split) {
    case Split::by_ranks: return {sample.ranks, "ranks " + std::to_string(sample.ranks)};
    case Split::by_size: return {sample.bytes, std::to_string(sample.bytes) + " bytes"};
    case Split::by_algorithm: return {0, sample.algorithm};
    case Split::none:
    case Split::alone:
    case Split::every_second: break;
  }
  return {0, ""};
}

std::vector<Fold> leave_one_out(std::span<const Sample> samples, Split split) {
  std::map<Key, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < samples.size(); ++i) groups[key_of(samples[i], split)].push_back(i);
  if (groups.size() < 2) return {};
  std::vector<Fold> result;
  for (const auto& [key, judge] : groups) {
    Fold fold{key.name, {}, judge};
    for (std::size_t i = 0; i < samples.size(); ++i)
      if (key_of(samples[i], split) != key) fold.fit.push_back(i);
    result.push_back(std::move(fold));
  }
  return result;
}

std::vector<Fold> hold_every_second(std::span<const Sample> samples) {
  using Curve = std::tuple<std::string, std::string, std::string, int>;
  std::map<Curve, std::map<std::int64_t, std::vector<std::size_t>>> curves;
  Fold fold{"every second size", {}, {}};
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const Sample& s = samples[i];
    if (s.together) fold.judge.push_back(i);
    if (s.together) continue;
    curves[{s.machine, s.operation, s.algorithm, s.ranks}][s.bytes].push_back(i);
  }
  for (const auto& [curve, sizes] : curves) {
    bool held = false;
    for (const auto& [bytes, rows] : sizes) {
      std::vector<std::size_t>& side = held ? fold.judge : fold.fit;
      side.insert(side.end(), rows.begin(), rows.end());
      held = !held;
    }
  }
  if (fold.judge.empty() || fold.fit.empty()) return {};
  return {fold};
}

std::vector<Fold> hold_together(std::span<const Sample> samples) {
  Fold fold{"together", {}, {}};
  for (std::size_t i = 0; i < samples.size(); ++i)
    (samples[i].together ? fold.judge : fold.fit).push_back(i);
  if (fold.fit.empty() || fold.judge.empty()) return {};
  return {fold};
}

}  // namespace

std::string_view name_of(Split split) {
  switch (split) {
    case Split::none: return "none";
    case Split::by_ranks: return "by_ranks";
    case Split::by_size: return "by_size";
    case Split::by_algorithm: return "by_algorithm";
    case Split::every_second: return "every_second";
    case Split::alone: return "alone";
  }
  return "?";
}

std::span<const Split> all_splits() { return kSplits; }

std::vector<Fold> folds(std::span<const Sample> samples, Split split) {
  switch (split) {
    case Split::none: return {{"nothing", all_of(samples), all_of(samples)}};
    case Split::every_second: return hold_every_second(samples);
    case Split::alone: return hold_together(samples);
    case Split::by_ranks:
    case Split::by_size:
    case Split::by_algorithm: break;
  }
  return leave_one_out(samples, split);
}

}  // namespace twinlink::analysis
