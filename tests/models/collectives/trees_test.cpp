// The two trees, and the steps of halving and doubling, op by op.
#include <doctest/doctest.h>

#include <bit>

#include "models/collectives/double_tree.h"
#include "tests/models/collectives/requests.h"

namespace twinlink::models {
namespace {

using test::request_of;

std::size_t depth(const BinaryTree& tree, std::size_t r) {
  std::size_t steps = 0;
  for (; r != tree.root && steps <= tree.nodes.size(); r = tree.nodes[r].parent) ++steps;
  return steps;
}

TEST_CASE("both trees reach every member within ceil(log2 P) steps") {
  for (std::size_t members = 2; members <= 600; ++members)
    for (const int t : {0, 1}) {
      const BinaryTree tree = double_tree(members, t);
      std::size_t edges = 0, deepest = 0;
      for (std::size_t r = 0; r < members; ++r) {
        edges += tree.nodes[r].children.size();
        deepest = std::max(deepest, depth(tree, r));
      }
      INFO("members ", members, " tree ", t);
      CHECK(edges == members - 1);
      CHECK(deepest == static_cast<std::size_t>(std::bit_width(members - 1)));
      // Children stand before their parents.
      std::vector<bool> seen(members);
      for (const std::size_t r : tree.upwards) {
        for (const std::size_t child : tree.nodes[r].children)
          CHECK((seen[child] || tree.nodes[child].children.empty()));
        seen[r] = true;
      }
    }
}

TEST_CASE("an even number of members: each is inner in exactly one tree") {
  for (std::size_t members = 2; members <= 130; members += 2) {
    const BinaryTree trees[] = {double_tree(members, 0), double_tree(members, 1)};
    for (std::size_t r = 0; r < members; ++r)
      CHECK(trees[0].nodes[r].children.empty() != trees[1].nodes[r].children.empty());
  }
}

TEST_CASE("the trees of 6 members") {
  // Positions: 0 - 4 - {2, 5}, 2 - {1, 3}. Tree 2 mirrors them: 5 - 1 - {3, 0}, 3 - {4, 2}.
  const BinaryTree first = double_tree(6, 0), second = double_tree(6, 1);
  using Members = std::vector<std::size_t>;
  CHECK(first.root == 0);
  CHECK(first.nodes[0].children == Members{4});
  CHECK(first.nodes[4].children == Members{2, 5});
  CHECK(first.nodes[2].children == Members{1, 3});
  CHECK(second.root == 5);
  CHECK(second.nodes[5].children == Members{1});
  CHECK(second.nodes[1].children == Members{3, 0});
  CHECK(second.nodes[3].children == Members{4, 2});
}

TEST_CASE("double binary tree of 2 members: each is the root of half of the elements") {
  CollectiveRequest request = request_of(Operation::all_reduce, 2, 7);
  request.slices = 1;
  const Plan plan = test::build(Operation::all_reduce, "double_binary_tree", request);
  // Halves of 4 and 3. Tree 1: rank 0 reduces, rank 1 pulls; tree 2 the other way around.
  REQUIRE(plan.ops.size() == 4);
  CHECK(plan.rank_of(OpId{0}) == Rank{0});
  CHECK(plan.op(OpId{0}).kind == OpKind::reduce);
  CHECK(plan.sources(OpId{0})[1].buffer == plan.claims[0].inputs[1]);
  CHECK(plan.rank_of(OpId{1}) == Rank{1});
  CHECK(plan.destinations(OpId{1})[0].size == Bytes{16});
  CHECK(plan.deps_of(OpId{1})[0].id() == OpId{0});
  CHECK(plan.rank_of(OpId{2}) == Rank{1});
  CHECK(plan.destinations(OpId{2})[0].offset == Bytes{16});
  CHECK(plan.destinations(OpId{2})[0].size == Bytes{12});
  // Equal lanes, a third of the CTAs each.
  for (const Lane& lane : plan.lanes) CHECK(lane.ctas == 32 / 3);
}

TEST_CASE("halving and doubling of 4 ranks, 8 elements, op by op") {
  const Plan plan = test::build(Operation::all_reduce, "halving_doubling",
                                request_of(Operation::all_reduce, 4, 8));
  REQUIRE(plan.ops.size() == 4 * 4);
  const Claim& claim = plan.claims.at(0);
  // Rank 3: d = 2 with rank 1, keeps the upper half; d = 1 with rank 2, keeps share 3.
  const OpId first{3}, second{7}, third{11}, fourth{15};
  CHECK(plan.sources(first)[0].buffer == claim.inputs[1]);
  CHECK(plan.sources(first)[1].buffer == claim.inputs[3]);
  CHECK(plan.sources(first)[0].offset == Bytes{16});
  CHECK(plan.sources(first)[0].size == Bytes{16});
  CHECK(plan.deps_of(first).empty());
  CHECK(plan.sources(second)[0].buffer == claim.outputs[2]);
  CHECK(plan.sources(second)[0].offset == Bytes{24});
  CHECK(plan.sources(second)[0].size == Bytes{8});
  CHECK(plan.deps_of(second)[0].id() == OpId{2});  // rank 2's first
  // Doubling: share 2 from rank 2, then the lower half from rank 1.
  CHECK(plan.sources(third)[0].buffer == claim.outputs[2]);
  CHECK(plan.sources(third)[0].offset == Bytes{16});
  CHECK(plan.sources(fourth)[0].buffer == claim.outputs[1]);
  CHECK(plan.sources(fourth)[0].offset == Bytes{0});
  CHECK(plan.sources(fourth)[0].size == Bytes{16});
}

TEST_CASE("halving and doubling of 5 ranks: rank 1 joins through rank 0") {
  const Plan plan = test::build(Operation::all_reduce, "halving_doubling",
                                request_of(Operation::all_reduce, 5, 8));
  REQUIRE(plan.ops.size() == 1 + 4 * 4 + 1);
  const Claim& claim = plan.claims.at(0);
  CHECK(plan.sources(OpId{0})[0].buffer == claim.inputs[0]);
  CHECK(plan.sources(OpId{0})[1].buffer == claim.inputs[1]);
  const OpId last{17};
  CHECK(plan.rank_of(last) == Rank{1});
  CHECK(plan.sources(last)[0].buffer == claim.outputs[0]);
  CHECK(plan.destinations(last)[0].buffer == claim.outputs[1]);
  CHECK(plan.destinations(last)[0].size == Bytes{32});
}

}  // namespace
}  // namespace twinlink::models
