// Rows held back from a fit of a whole machine, and the verdicts on them.
#include "scenarios/fitting/held_out.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "scenarios/fitting/predictor.h"

using namespace twinlink;
using namespace twinlink::scenarios;

namespace {

std::vector<Observation> rows() {
  std::vector<Observation> all;
  for (const char* algorithm : {"ca_1stage", "nccl"})
    for (const std::int64_t bytes : {1 << 18, 1 << 20, 1 << 22}) {
      Observation o;
      o.row = {"hgx-h100", "all_reduce", algorithm, 2, bytes, 1, 0};
      o.suite = "s";
      all.push_back(o);
    }
  const std::vector<double> times =
      Predictor("hgx-h100", all).predict_us(Predictor("hgx-h100", all).own_profile());
  for (std::size_t i = 0; i < all.size(); ++i) all[i].row.measured_us = times[i];
  return all;
}

const Verdict* find(const std::vector<Verdict>& verdicts, const std::string& model,
                    const std::string& start) {
  for (const Verdict& v : verdicts)
    if (v.model == model && v.suite.starts_with(start)) return &v;
  return nullptr;
}

}  // namespace

TEST_CASE("every second size is judged apart, by suite and in the pool without NCCL") {
  std::vector<Observation> all = rows();
  all[1].row.measured_us /= 1.25;  // 1 MiB of ca_1stage, which is held back: +25 %
  const Halves halves = hold_out(all, analysis::Split::every_second);
  CHECK(halves.fit.size() == 4);
  REQUIRE(halves.judge.size() == 2);
  CHECK(halves.judge[0].row.bytes == 1 << 20);
  const auto profile = Predictor("hgx-h100", all).own_profile();
  const auto verdicts = judge_halves(halves, analysis::Split::every_second, profile);
  REQUIRE(verdicts.size() == 4);
  const Verdict* fitted = find(verdicts, "fitted", "s");
  const Verdict* held = find(verdicts, "held_out", "s");
  const Verdict* pool = find(verdicts, "held_out", "|");
  REQUIRE((fitted != nullptr && held != nullptr && pool != nullptr));
  CHECK(fitted->split == "every_second");
  CHECK(fitted->accuracy.max_ape == doctest::Approx(0).epsilon(1e-9));
  CHECK(held->accuracy.n == 2);
  CHECK(held->accuracy.max_ape == doctest::Approx(25));
  CHECK(pool->accuracy.n == 1);  // NCCL is a suite of its own
  CHECK(pool->accuracy.median_ape == doctest::Approx(25));
}

TEST_CASE("no split holds nothing back") {
  const Halves halves = hold_out(rows(), analysis::Split::none);
  CHECK(halves.fit.size() == 6);
  CHECK(halves.judge.empty());
}
