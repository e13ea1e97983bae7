#pragma once
// The two complementary binary trees over the members of a group, by member index.
#include <cstddef>
#include <vector>

namespace twinlink::models {

struct TreeNode {
  std::size_t parent = 0;             // of the root: itself
  std::vector<std::size_t> children;  // ascending positions; at most two
};

struct BinaryTree {
  std::vector<TreeNode> nodes;       // by member
  std::vector<std::size_t> upwards;  // inner members, children before their parents
  std::size_t root = 0;
};

// Tree 0 or 1 over `members` >= 2.
BinaryTree double_tree(std::size_t members, int tree);

}  // namespace twinlink::models
