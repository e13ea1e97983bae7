// The fluid model: by hand, and against progressive filling on random networks.
#include "sim/flow_solver.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>

#include "tests/support/progressive_filling.h"
#include "topology/error.h"

namespace twinlink::sim {
namespace {

using models::Use;
using testing::OracleFlow;
using testing::progressive_filling;

// Both sides compute in doubles, over at most some hundred additions: 1e-16 x 1e3, with a margin.
constexpr double kRounding = 1e-9;

const std::vector<Use> kLink0{{0, 1.0}};

std::vector<std::uint32_t> ended_at(FlowSolver& solver, std::int64_t ps) {
  std::vector<std::uint32_t> tags;
  solver.take_ended({ps}, tags);
  solver.solve({ps});
  return tags;
}

TEST_CASE("two flows on one link get half each, and the one left gets all of it") {
  // 1 GB/s = 1e-3 bytes/ps. 1000 and 3000 bytes at half: the first ends at 1000 / 0.5e-3 = 2e6 ps;
  // then the other has 2000 bytes left at the whole rate: 2e6 + 2000 / 1e-3 = 4e6 ps.
  FlowSolver solver({1e9});
  const FlowSpec small{.payload = 1000, .tag = 7}, large{.payload = 3000, .tag = 8};
  solver.begin(small, kLink0, {});
  solver.begin(large, kLink0, {});
  solver.solve({});
  CHECK(solver.rate(small) == doctest::Approx(0.5e9).epsilon(kRounding));
  CHECK(solver.load(0) == doctest::Approx(1e9).epsilon(kRounding));
  REQUIRE(solver.next_end() == 2'000'000);
  CHECK(ended_at(solver, 2'000'000) == std::vector<std::uint32_t>{7});
  CHECK(solver.rate(large) == doctest::Approx(1e9).epsilon(kRounding));
  REQUIRE(solver.next_end() == 4'000'000);
  CHECK(ended_at(solver, 4'000'000) == std::vector<std::uint32_t>{8});
  CHECK(solver.load(0) == 0);
  CHECK(solver.next_end() == Servers::kNever);
}

TEST_CASE("what a capped flow leaves goes to the others") {
  // 10 GB/s; one flow can take 2: the two others share the 8 left, 4 each.
  FlowSolver solver({10e9});
  const FlowSpec capped{.payload = 1e6, .cap = 2e9, .tag = 0};
  const FlowSpec free{.payload = 1e6, .tag = 1};
  solver.begin(capped, kLink0, {});
  solver.begin(free, kLink0, {});
  solver.begin({.payload = 1e6, .tag = 2}, kLink0, {});
  solver.solve({});
  CHECK(solver.rate(capped) == doctest::Approx(2e9).epsilon(kRounding));
  CHECK(solver.rate(free) == doctest::Approx(4e9).epsilon(kRounding));
}

TEST_CASE("weights divide a link, and per_byte is what a payload byte costs it") {
  // Weights 1 and 3 on 8 GB/s: 2 and 6. The second alone, at 2 bytes per payload byte: 8 / 2 = 4.
  FlowSolver shared({8e9});
  const FlowSpec light{.payload = 1e6, .weight = 1}, heavy{.payload = 1e6, .weight = 3};
  shared.begin(light, kLink0, {});
  shared.begin(heavy, kLink0, {});
  shared.solve({});
  CHECK(shared.rate(light) == doctest::Approx(2e9).epsilon(kRounding));
  CHECK(shared.rate(heavy) == doctest::Approx(6e9).epsilon(kRounding));
  const std::vector<Use> doubled{{0, 2.0}};
  FlowSolver alone({8e9});
  alone.begin(heavy, doubled, {});
  alone.solve({});
  CHECK(alone.rate(heavy) == doctest::Approx(4e9).epsilon(kRounding));
}

TEST_CASE("max-min: the rest of a link goes to the flow that is not held elsewhere") {
  // Links of 10 and 2 GB/s. Flow a crosses both, b and c only the wide and only the narrow one.
  // The narrow one fills at level 1: a = c = 1. The wide one has 9 left: b = 9.
  const std::vector<Use> both{{0, 1.0}, {1, 1.0}}, narrow{{1, 1.0}};
  FlowSolver solver({10e9, 2e9});
  const FlowSpec a{.payload = 1e6, .pattern = 0}, b{.payload = 1e6, .pattern = 1},
      c{.payload = 1e6, .pattern = 2};
  solver.begin(a, both, {});
  solver.begin(b, kLink0, {});
  solver.begin(c, narrow, {});
  solver.solve({});
  CHECK(solver.rate(a) == doctest::Approx(1e9).epsilon(kRounding));
  CHECK(solver.rate(b) == doctest::Approx(9e9).epsilon(kRounding));
  CHECK(solver.rate(c) == doctest::Approx(1e9).epsilon(kRounding));
}

TEST_CASE("the soft minimum of a lone flow: neither its cap nor the link is reached") {
  // K = C = 1 GB/s: (2 K^-4)^(-1/4) = 2^(-1/4) = 0.84090 GB/s. K = 1, C = 2: (1 + 1/16)^(-1/4) =
  // (16/17)^(1/4) = 0.98496 GB/s.
  for (const double capacity : {1e9, 2e9, 0.5e9}) {
    FlowSolver solver({capacity});
    const FlowSpec flow{.payload = 1e6, .cap = 1e9, .weight = 1e9, .soft = true};
    solver.begin(flow, kLink0, {});
    solver.solve({});
    const double expected = std::pow(std::pow(1e9, -4.0) + std::pow(capacity, -4.0), -0.25);
    CHECK(solver.rate(flow) == doctest::Approx(expected).epsilon(kRounding));
  }
  CHECK(std::pow(2.0, -0.25) == doctest::Approx(0.84090).epsilon(1e-5));
}

TEST_CASE("an end is rounded up to a whole picosecond") {
  // 1 byte at 3 GB/s: 333.33 ps.
  FlowSolver solver({3e9});
  solver.begin({.payload = 1, .tag = 4}, kLink0, {});
  solver.solve({});
  CHECK(solver.next_end() == 334);
}

// A random network and the flows that live on it, known to the solver and to the oracle.
class Trial {
 public:
  enum class Capacities : bool { fixed, changing };
  Trial(std::uint32_t seed, bool plain, Capacities kind = Capacities::fixed, double share = 0)
      : random_(seed), plain_(plain), share_(share) {
    for (int r = 0; r < whole(1, 8); ++r) capacities_.push_back(plain ? 1e9 : real(1e9, 9e9));
    for (int p = 0; p < whole(1, 10); ++p) patterns_.push_back(pattern());
    first_ = capacities_;
    fixed_ = kind == Capacities::fixed ? first_.size() : first_.size() / 2;
    solver_ = std::make_unique<FlowSolver>(capacities_, fixed_, share);
  }

  void run() {
    for (int step = 0; step < 12; ++step) {
      for (std::size_t r = fixed_; r < first_.size(); ++r)
        if (whole(0, 1) == 0) change(r);
      for (int n = whole(0, 4); n > 0; --n) begin();
      solve_and_check();
      advance(whole(0, 2) == 0);
    }
    while (!live_.empty()) solve_and_check(), advance(true);
    solver_->solve({now_});
    CHECK(solver_->next_end() == Servers::kNever);
  }

 private:
  struct Live {
    FlowSpec spec;
    double served = 0, rate = 0;
    int solves = 0;
  };

  double real(double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random_);
  }
  int whole(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

  std::vector<Use> pattern() {
    std::vector<Use> uses;
    const auto count = static_cast<int>(capacities_.size());
    if (plain_ && count >= 2) {  // pairs, as on a uniform star
      const int a = whole(0, count - 2);
      return {{a, 1.0}, {whole(a + 1, count - 1), 1.0}};
    }
    for (int r = 0; r < count; ++r)
      if (whole(0, 1) == 0) uses.push_back({r, plain_ ? 1.0 : real(0.1, 2.0)});
    if (uses.empty()) uses.push_back({whole(0, count - 1), 1.0});
    return uses;
  }

  void begin() {
    FlowSpec spec{.payload = real(1e3, 1e6), .tag = next_tag_++};
    spec.pattern = whole(0, static_cast<int>(patterns_.size()) - 1);
    if (!plain_) {
      // Cap and weight belong to the pattern here, so that flows of a pattern have one rate.
      const auto p = static_cast<double>(spec.pattern);
      spec.soft = spec.pattern % 3 == 0;
      spec.cap = spec.pattern % 2 == 0 || spec.soft ? 0.37e9 * (p + 1) : kUnlimited;
      spec.weight = spec.soft ? spec.cap : 1e9 * (1 + 0.61 * p);
    }
    spec.engine = share_ > 0 && spec.pattern % 5 == 2;
    solver_->begin(spec, patterns_[static_cast<std::size_t>(spec.pattern)], {now_});
    live_.push_back({spec});
  }

  void change(std::size_t r) {
    capacities_[r] = first_[r] * real(0.05, 1);
    solver_->set_capacity(static_cast<std::int32_t>(r), capacities_[r]);
  }

  void solve_and_check() {
    solver_->solve({now_});
    std::vector<OracleFlow> flows;
    for (const Live& flow : live_) {
      OracleFlow oracle{{}, flow.spec.cap, flow.spec.weight, flow.spec.soft, flow.spec.engine};
      for (const Use& use : patterns_[static_cast<std::size_t>(flow.spec.pattern)])
        oracle.uses.emplace_back(use.resource, use.per_byte);
      flows.push_back(oracle);
    }
    if (share_ > 0) testing::weigh_engines(capacities_, share_, flows);
    const std::vector<double> rates = progressive_filling(capacities_, flows);
    for (std::size_t f = 0; f < live_.size(); ++f) {
      live_[f].rate = rates[f];
      ++live_[f].solves;
      CHECK(solver_->rate(live_[f].spec) == doctest::Approx(rates[f]).epsilon(kRounding));
    }
    for (std::size_t r = 0; r < capacities_.size(); ++r)
      CHECK(solver_->load(static_cast<std::int32_t>(r)) <= capacities_[r] * (1 + kRounding));
  }

  // To the next end, or to a point on the way there.
  void advance(bool to_end) {
    if (live_.empty()) return;
    std::int64_t then = solver_->next_end();
    REQUIRE(then != Servers::kNever);
    if (!to_end) then = now_ + (then - now_) / 2;
    for (Live& flow : live_) flow.served += flow.rate * 1e-12 * static_cast<double>(then - now_);
    now_ = then;
    std::vector<std::uint32_t> tags;
    solver_->take_ended({now_}, tags);
    CHECK(std::is_sorted(tags.begin(), tags.end()));
    for (const std::uint32_t tag : tags) remove(tag);
    for (const Live& flow : live_) CHECK(flow.served <= flow.spec.payload + slack(flow));
  }

  // What an oracle flow may be off: one picosecond of rounding and the doubles of each step.
  static double slack(const Live& flow) {
    return flow.rate * 2e-12 + flow.spec.payload * kRounding * flow.solves;
  }

  void remove(std::uint32_t tag) {
    const auto ended = std::find_if(live_.begin(), live_.end(),
                                    [tag](const Live& flow) { return flow.spec.tag == tag; });
    REQUIRE(ended != live_.end());
    CHECK(std::abs(ended->served - ended->spec.payload) <= slack(*ended));
    live_.erase(ended);
  }

  std::mt19937 random_;
  bool plain_;
  double share_;
  std::vector<double> capacities_, first_;
  std::size_t fixed_ = 0;
  std::vector<std::vector<Use>> patterns_;
  std::unique_ptr<FlowSolver> solver_;
  std::vector<Live> live_;
  std::int64_t now_ = 0;
  std::uint32_t next_tag_ = 0;
};

TEST_CASE("1,000 random networks agree with progressive filling at every begin and end") {
  for (std::uint32_t seed = 0; seed < 1000; ++seed) {
    const bool plain = seed % 3 == 0;
    INFO("seed ", seed, ", equal links and weights: ", plain);
    Trial(seed, plain).run();
  }
}

TEST_CASE("so do 1,000 whose capacities change on the way") {
  for (std::uint32_t seed = 0; seed < 1000; ++seed) {
    const bool plain = seed % 3 == 0;
    INFO("seed ", seed, ", equal links and weights: ", plain);
    Trial(seed, plain, Trial::Capacities::changing).run();
  }
}

TEST_CASE("so do 1,000 where engines take a share of their own") {
  for (std::uint32_t seed = 0; seed < 1000; ++seed) {
    const auto kind = seed % 2 == 0 ? Trial::Capacities::fixed : Trial::Capacities::changing;
    INFO("seed ", seed);
    Trial(seed, seed % 5 == 0, kind, 0.2 + 0.01 * seed).run();
  }
}

// Rates of an engine flow, of cap 8 GB/s, beside n others, of cap and weight w each, on 9 GB/s.
std::pair<double, double> beside_engine(double share, int n, double w) {
  FlowSolver solver({9e9}, SIZE_MAX, share);
  const FlowSpec engine{.payload = 1e9, .cap = 8e9, .weight = 1e9, .engine = true};
  const FlowSpec other{.payload = 1e9, .cap = w, .weight = w, .pattern = 1};
  solver.begin(engine, kLink0, {});
  for (int i = 0; i < n; ++i) solver.begin(other, kLink0, {});
  solver.solve({});
  return {solver.rate(engine), solver.rate(other)};
}

TEST_CASE("an engine gets its share of a link against any number and weight of other flows") {
  // 9 GB/s go 2 : 1, however many share the third; without a share 1 : 4 x 3 and so on.
  for (const auto& [n, w] : {std::pair{1, 8e9}, {4, 3e9}, {30, 1e9}}) {
    const auto [engine, other] = beside_engine(2, n, w);
    CHECK(engine == doctest::Approx(6e9));
    CHECK(n * other == doctest::Approx(3e9));
  }
  CHECK(beside_engine(0, 4, 3e9).first == doctest::Approx(9e9 / 13));
  // Others that want less than a third keep it, and an engine at its cap leaves the rest.
  CHECK(beside_engine(2, 1, 2e9).first == doctest::Approx(7e9));
  CHECK(beside_engine(2, 1, 2e9).second == doctest::Approx(2e9));
  CHECK(beside_engine(20, 1, 9e9).second == doctest::Approx(1e9));  // 8 of 9, not 20 of 21 parts
}

TEST_CASE(
    "engines on one link share what their class gets, and get all when the others have gone") {
  // 9 GB/s: two engines of 3 each, the other 3; once it has ended (3e9 bytes) 4.5 each.
  FlowSolver solver({9e9}, SIZE_MAX, 2);
  const FlowSpec engine{.payload = 12e9, .cap = 8e9, .weight = 1e9, .engine = true};
  const FlowSpec other{.payload = 3e9, .cap = 9e9, .weight = 9e9, .pattern = 1, .tag = 5};
  for (int i = 0; i < 2; ++i) solver.begin(engine, kLink0, {});
  solver.begin(other, kLink0, {});
  solver.solve({});
  CHECK(solver.rate(engine) == doctest::Approx(3e9));
  REQUIRE(ended_at(solver, 1'000'000'000'000) == std::vector<std::uint32_t>{5});
  solver.solve({1'000'000'000'000});
  CHECK(solver.rate(engine) == doctest::Approx(4.5e9));
}

TEST_CASE("a capacity that changes under a flow moves its end") {
  // 3000 bytes at 1 GB/s = 1e-3 bytes/ps: 1e6 ps for 1000 of them, then 2000 at half of it.
  FlowSolver solver({1e9}, 0);
  solver.begin({.payload = 3000, .tag = 7}, kLink0, {});
  solver.solve({});
  CHECK(solver.next_end() == 3'000'000);
  solver.set_capacity(0, 0.5e9);
  solver.solve({1'000'000});
  CHECK(solver.next_end() == 5'000'000);
  FlowSolver fixed({1e9});
  CHECK_THROWS_AS(fixed.set_capacity(0, 0.5e9), InternalError);
}

TEST_CASE("the oracle itself: a mutated network is told apart") {
  // Half each; with a cap of a quarter on the first the second has three quarters.
  const OracleFlow free{{{0, 1.0}}, kUnlimited, 1, false};
  const OracleFlow capped{{{0, 1.0}}, 0.25, 1, false};
  CHECK(progressive_filling({1}, {free, free}) == std::vector<double>{0.5, 0.5});
  CHECK(progressive_filling({1}, {capped, free}) == std::vector<double>{0.25, 0.75});
  // An engine of share 3 beside two others: a weight of 6; a second engine halves it.
  std::vector<OracleFlow> flows{free, free, {{{0, 1.0}}, kUnlimited, 1, false, true}};
  testing::weigh_engines({1}, 3, flows);
  CHECK(flows[2].weight == 6);
  flows.push_back(flows[2]);
  testing::weigh_engines({1}, 3, flows);
  CHECK(flows[2].weight == 3);
}

}  // namespace
}  // namespace twinlink::sim
