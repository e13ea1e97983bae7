// Verdicts: got against wanted, with the first wrong element in words.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>

#include "models/definition.h"

namespace twinlink::models {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string text(double value) {
  if (std::isnan(value)) return "nan";  // whatever its sign
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.9g", value);
  return buffer;
}
std::string text(std::uint32_t value) { return std::to_string(value); }

Rank rank_of(const Plan& plan, const Claim& claim, std::size_t member) {
  return plan.buffer(claim.outputs[member]).rank;
}

std::string where(const Plan& plan, const Claim& claim, std::size_t member) {
  return "rank " + std::to_string(rank_of(plan, claim, member).value) + " (member " +
         std::to_string(member) + " of " + std::string(name_of(claim.operation)) + ")";
}

template <class T>
std::string element_text(std::size_t e, T got, T want) {
  return ": element " + std::to_string(e) + " is " + text(got) + ", expected " + text(want);
}

struct Wrong {
  Rank rank;  // invalid: the claim as a whole
  double error = 0;
  std::string what;
};

// Notes a failure: the first gives the reason; ranks stay ascending, each once.
void fail(Numbers& numbers, const Wrong& wrong) {
  if (numbers.correct) numbers.reason = wrong.what;
  numbers.correct = false;
  numbers.max_error = std::max(numbers.max_error, wrong.error);
  std::vector<Rank>& ranks = numbers.wrong_ranks;
  const auto at = std::lower_bound(ranks.begin(), ranks.end(), wrong.rank);
  if (wrong.rank.valid() && (at == ranks.end() || *at != wrong.rank)) ranks.insert(at, wrong.rank);
}

// Members and sizes agree; else the numbers have failed.
template <class T>
bool same_shape(const Plan& plan, const Claim& claim, const std::vector<std::vector<T>>& got,
                const std::vector<std::vector<T>>& want, Numbers& numbers) {
  if (got.size() != want.size()) {
    fail(numbers,
         {Rank{}, kInfinity,
          "claim " + std::string(name_of(claim.operation)) + " has " + std::to_string(got.size()) +
              " outputs, the definition gives " + std::to_string(want.size())});
    return false;
  }
  for (std::size_t m = 0; m < got.size(); ++m)
    if (got[m].size() != want[m].size())
      fail(numbers, {rank_of(plan, claim, m), kInfinity,
                     where(plan, claim, m) + ": output has " + std::to_string(got[m].size()) +
                         " elements, the definition gives " + std::to_string(want[m].size())});
  return numbers.correct;
}

struct Range {
  std::size_t begin = 0, end = 0;
};

Range head_range(std::int32_t head, std::size_t elements, std::int32_t heads) {
  const auto n = static_cast<std::int64_t>(elements);
  if (n == 0) return {};
  return {static_cast<std::size_t>(head_begin(head, n, heads)),
          static_cast<std::size_t>(head_begin(head + 1, n, heads))};
}

double squared_norm(const std::vector<double>& values, const Range& range) {
  double sum = 0;
  for (std::size_t e = range.begin; e < range.end; ++e) sum += values[e] * values[e];
  return sum;
}

// ||got - want|| / scale; infinite when a value is not finite, or wrong where 0 is wanted.
double relative_error(const std::vector<double>& got, const std::vector<double>& want,
                      const Range& range, double scale) {
  double sum = 0;
  for (std::size_t e = range.begin; e < range.end; ++e) {
    const double off = got[e] - want[e];
    sum += off * off;
  }
  if (!std::isfinite(sum)) return kInfinity;
  if (sum == 0) return 0;
  return scale > 0 ? std::sqrt(sum) / scale : kInfinity;
}

// The first element that is wrong by itself, else the one that is furthest off.
std::size_t guilty_element(const std::vector<double>& got, const std::vector<double>& want,
                           const Range& range, double allowed) {
  std::size_t worst = range.begin;
  for (std::size_t e = range.begin; e < range.end; ++e) {
    const double off = std::abs(got[e] - want[e]);
    if (!(off <= allowed)) return e;
    if (off > std::abs(got[worst] - want[worst])) worst = e;
  }
  return worst;
}

std::int32_t heads_of(const Claim& claim) { return is_scan(claim.operation) ? claim.heads : 1; }

// Compares member by member, in the order of the scan, keeping each head's largest norm so far.
class Comparison {
 public:
  Comparison(const Plan& plan, const Claim& claim)
      : plan_(plan),
        claim_(claim),
        tolerance_(tolerance(plan, claim)),
        norms_(static_cast<std::size_t>(heads_of(claim)), 0) {}

  void member(std::size_t m, const std::vector<double>& got, const std::vector<double>& want) {
    for (std::int32_t h = 0; h < heads_of(claim_); ++h) {
      const Range range = head_range(h, want.size(), heads_of(claim_));
      double& norm = norms_[static_cast<std::size_t>(h)];
      const double own = std::sqrt(squared_norm(want, range));
      norm = is_scan(claim_.operation) ? std::max(norm, own) : own;
      const double error = relative_error(got, want, range, norm);
      numbers_.max_error = std::max(numbers_.max_error, error);
      if (error <= tolerance_) continue;
      const std::size_t e = guilty_element(got, want, range, tolerance_ * norm);
      fail(numbers_,
           {rank_of(plan_, claim_, m), error,
            where(plan_, claim_, m) + element_text(e, got[e], want[e]) + of_head(h, error)});
    }
  }
  Numbers take() { return std::move(numbers_); }

 private:
  [[nodiscard]] std::string of_head(std::int32_t head, double error) const {
    const std::string name =
        is_scan(claim_.operation) ? "; head " + std::to_string(head) + " has" : std::string(";");
    return name + " relative L2 error " + text(error) + ", allowed " + text(tolerance_);
  }

  const Plan& plan_;
  const Claim& claim_;
  double tolerance_;
  std::vector<double> norms_;
  Numbers numbers_{true, 0, {}};
};

// What a running value of P members wanders by, against one of `members`.
double wander(const Claim& claim, int members) {
  return std::max(1.0, std::sqrt(static_cast<double>(claim.inputs.size()) / members));
}

// Wander and spread of 16-bit scans, see definition.h.
double scale_16_bit(const Claim& claim, std::int64_t elements) {
  const auto per_head = static_cast<double>(std::max<std::int64_t>(1, elements / claim.heads));
  return wander(claim, 72) * (1 + 6 / std::sqrt(2 * per_head));
}

}  // namespace

Numbers compare_exact(const Plan& plan, const Claim& claim, const ExactValues& got,
                      const ExactValues& want) {
  Numbers numbers{true, 0, {}};
  if (!same_shape(plan, claim, got, want, numbers)) return numbers;
  for (std::size_t m = 0; m < got.size(); ++m) {
    const auto [g, w] = std::mismatch(got[m].begin(), got[m].end(), want[m].begin());
    if (g == got[m].end()) continue;
    const auto e = static_cast<std::size_t>(g - got[m].begin());
    fail(numbers, {rank_of(plan, claim, m), kInfinity,
                   where(plan, claim, m) + element_text(e, *g, *w) + " (modulo 2^32)"});
  }
  return numbers;
}

Numbers compare(const Plan& plan, const Claim& claim, const Values& got, const Values& want) {
  Numbers numbers{true, 0, {}};
  if (!same_shape(plan, claim, got, want, numbers)) return numbers;
  Comparison comparison(plan, claim);
  for (std::size_t step = 0; step < got.size(); ++step) {
    const std::size_t m = claim.suffix ? got.size() - 1 - step : step;
    comparison.member(m, got[m], want[m]);
  }
  return comparison.take();
}

double tolerance(const Plan& plan, const Claim& claim) {
  if (!is_scan(claim.operation) || claim.outputs.empty()) return 0;
  const Buffer& output = plan.buffer(claim.outputs.front());
  switch (output.element) {
    case ElementType::fp32:
    case ElementType::fp64: return 1e-6 * wander(claim, 576);
    case ElementType::fp16: return 2e-3 * scale_16_bit(claim, elements_of(output));
    case ElementType::bf16: return 1e-2 * scale_16_bit(claim, elements_of(output));
    case ElementType::u32: return 0;
  }
  return 0;
}

}  // namespace twinlink::models
