#include <doctest/doctest.h>

#include "models/checks/proof.h"
#include "tests/models/checks/support/plans.h"

namespace twinlink::models {
namespace {

using test::Frame;
using test::text_of;

// Two ranks on one GPU, 32 CTAs each (the default shape), the second after the first.
Plan two_on_one_gpu(Edge edge) {
  Frame f({Operation::broadcast, 2, 4});
  f.copy(0, f.whole(f.input(0)), f.whole(f.output(0)));
  f.copy(1, f.whole(f.output(0)), f.whole(f.output(1)), {dep(OpId{0}, edge)});
  Plan plan = f.builder.finish();
  plan.gpu_of_rank = {0, 0};
  return plan;
}

TEST_CASE("mutation: too many CTAs wait for each other on one GPU") {
  const Plan plan = two_on_one_gpu(Edge::flag_fenced);
  CHECK(check_residency(plan, 64).correct());
  CHECK(check_residency(plan, 0).correct());
  const Proof proof = check_residency(plan, 63);
  REQUIRE(proof.total == 1);
  CHECK(proof.findings[0].message ==
        "rank 0: kernel \"kernel\" and those it waits for (see op 1 of rank 1) need 64 CTAs in 2 "
        "lanes at once on GPU 0; 63 fit");
}

TEST_CASE("events and stream memory operations wait without holding CTAs") {
  for (const Edge edge : {Edge::event, Edge::graph, Edge::stream_memory})
    CHECK(check_residency(two_on_one_gpu(edge), 32).correct());
  for (const Edge edge : {Edge::flag_relaxed, Edge::inline_ll, Edge::inline_ll128})
    CHECK_FALSE(check_residency(two_on_one_gpu(edge), 32).correct());
}

TEST_CASE("kernels are joined through kernels of other GPUs") {
  // Ranks 0 and 2 share GPU 0 and meet through rank 1 only.
  Frame f({Operation::broadcast, 3, 4});
  for (int r = 0; r < 3; ++r)
    f.copy(r, f.whole(r == 0 ? f.input(0) : f.output(r - 1)), f.whole(f.output(r)),
           r == 0 ? std::vector<Dep>{} : std::vector<Dep>{dep(OpId{r - 1})});
  Plan plan = f.builder.finish();
  plan.gpu_of_rank = {0, 1, 0};
  const Proof proof = check_residency(plan, 63);
  INFO(text_of(proof));
  REQUIRE(proof.total == 1);
  plan.deps[0] = dep(OpId{0}, Edge::graph);
  CHECK(check_residency(plan, 63).correct());
}

TEST_CASE("members of a meeting run at the same time; kernels that wait for nobody need not") {
  Plan plan = test::two_shot_all_reduce(3, 9, Edge::flag_fenced);
  plan.gpu_of_rank = {0, 0, 1};
  CHECK(check_residency(plan, 64).correct());
  CHECK(check_residency(plan, 63).total == 1);
  Plan alone = test::direct_all_to_all(4, 16);
  alone.gpu_of_rank = {0, 0, 0, 0};
  CHECK(check_residency(alone, 1).correct());
}

}  // namespace
}  // namespace twinlink::models
