// The row-by-row reference of models/workloads against the whole-array one of sim: two programs of
// the same equations. And what is left out beyond its reach.
#include "models/workloads/linear_attention_reference.h"

#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>

#include "sim/host_linear_attention.h"

using namespace twinlink;
using models::ReferenceHead;
using models::ReferenceRows;

namespace {

constexpr int kKey = 8, kValue = 6;
constexpr std::size_t kTokens = 96;

ReferenceHead head_of(const sim::AttentionInputs& inputs) {
  ReferenceHead head;
  head.d = inputs.d;
  head.e = inputs.e;
  head.slope = inputs.slope;
  head.tokens = static_cast<std::int64_t>(inputs.tokens());
  head.row = [&inputs](int tensor, std::int64_t token, double* to) {
    const std::vector<float>* all[] = {&inputs.q, &inputs.k, &inputs.v, &inputs.dout};
    const auto width = static_cast<std::size_t>(tensor < 2 ? inputs.d : inputs.e);
    for (std::size_t i = 0; i < width; ++i)
      to[i] = static_cast<double>((*all[tensor])[static_cast<std::size_t>(token) * width + i]);
  };
  return head;
}

// ||rows - part of whole|| / ||part||.
double error(const std::vector<double>& rows, const std::vector<double>& whole, std::size_t first) {
  double difference = 0, norm = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    difference += std::pow(rows[i] - whole[first + i], 2);
    norm += std::pow(whole[first + i], 2);
  }
  return std::sqrt(difference / norm);
}

double worst(const ReferenceRows& rows, const sim::AttentionResults<double>& whole,
             std::size_t first) {
  double most = 0;
  for (const double one :
       {error(rows.o, whole.o, first * kValue), error(rows.dq, whole.dq, first * kKey),
        error(rows.dk, whole.dk, first * kKey), error(rows.dv, whole.dv, first * kValue)})
    most = std::max(most, one);
  return most;
}

}  // namespace

TEST_CASE("rows of the float64 reference are those of the whole arrays") {
  for (const double slope : {0.0, 0.01, 0.5, 5.0}) {
    CAPTURE(slope);
    const sim::AttentionInputs inputs = sim::normal_inputs(kTokens, kKey, kValue, slope, 7);
    const auto whole = sim::token_by_token(inputs);
    const ReferenceHead head = head_of(inputs);
    // Both in float64, sums in other orders: 1e-16 per term of some hundred; terms beyond the reach
    // weigh 1e-9.
    CHECK(worst(models::reference_rows(head, 0, kTokens), whole, 0) < 1e-12);
    CHECK(worst(models::reference_rows(head, 40, 8), whole, 40) < 1e-7);
    CHECK(worst(models::reference_rows(head, 40, 8), whole, 41) > 0.1);  // a row off is seen
  }
}

TEST_CASE("the reference reaches as far as a term counts, and says so") {
  ReferenceHead head{1, 1, 0.5, 1000, {}, 1e-9};
  CHECK(models::reach(head) == 42);  // ln(1e9) / 0.5 = 41.4
  head.slope = 0;
  CHECK(models::reach(head) == 1000);
}

TEST_CASE("a reach that is too short is wrong by what it leaves out") {
  const sim::AttentionInputs inputs = sim::normal_inputs(kTokens, kKey, kValue, 0.05, 7);
  ReferenceHead head = head_of(inputs);
  head.negligible = 0.1;  // 46 tokens of the 60 before row 60
  const double off = worst(models::reference_rows(head, 60, 4), sim::token_by_token(inputs), 60);
  CHECK(off > 1e-4);
  CHECK(off < 0.5);
}
