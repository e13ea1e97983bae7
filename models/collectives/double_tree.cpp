#include "models/collectives/double_tree.h"

#include <bit>

namespace twinlink::models {
namespace {

// Positions below an inner one with lowest set bit 2 `half`; the right one comes nearer until it
// exists.
std::vector<std::size_t> children_of(std::size_t position, std::size_t members) {
  if (position == 0) return {std::bit_floor(members - 1)};
  std::size_t half = (position & (~position + 1)) / 2;
  if (half == 0) return {};
  std::vector<std::size_t> children{position - half};
  while (half > 0 && position + half >= members) half /= 2;
  if (half > 0) children.push_back(position + half);
  return children;
}

std::size_t member_at(std::size_t position, std::size_t members, int tree) {
  if (tree == 0) return position;
  return members % 2 == 0 ? members - 1 - position : (position + 1) % members;
}

// Inner positions with children before parents: by the lowest set bit, the root last.
std::vector<std::size_t> inner_positions(std::size_t members) {
  std::vector<std::size_t> order;
  for (std::size_t bit = 2; bit < members; bit *= 2)
    for (std::size_t p = bit; p < members; p += 2 * bit) order.push_back(p);
  order.push_back(0);
  return order;
}

}  // namespace

BinaryTree double_tree(std::size_t members, int tree) {
  BinaryTree result;
  result.nodes.resize(members);
  result.root = member_at(0, members, tree);
  result.nodes[result.root].parent = result.root;
  for (const std::size_t position : inner_positions(members)) {
    const std::size_t at = member_at(position, members, tree);
    result.upwards.push_back(at);
    for (const std::size_t child : children_of(position, members)) {
      result.nodes[at].children.push_back(member_at(child, members, tree));
      result.nodes[result.nodes[at].children.back()].parent = at;
    }
  }
  return result;
}

}  // namespace twinlink::models
