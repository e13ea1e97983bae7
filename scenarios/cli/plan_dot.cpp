#include "scenarios/cli/plan_dot.h"

#include <fmt/format.h>

#include <vector>

#include "topology/error.h"

namespace twinlink::scenarios::cli {
namespace {

using models::Plan;

std::string slice_text(const Plan& plan, const models::Slice& slice) {
  const models::Buffer& buffer = plan.buffer(slice.buffer);
  return fmt::format("r{}.{}[{}+{}]", buffer.rank.value, buffer.name, slice.offset.count,
                     slice.size.count);
}

// Inside a quoted DOT string.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string label(const Plan& plan, OpId op) {
  std::string text = fmt::format("{} {}", op.value, models::name_of(plan.op(op).kind));
  for (const models::Slice& slice : plan.sources(op))
    text += "\\n" + escaped(slice_text(plan, slice));
  for (const models::Slice& slice : plan.destinations(op))
    text += "\\n-> " + escaped(slice_text(plan, slice));
  return text;
}

std::string clusters(const Plan& plan) {
  std::vector<std::string> boxes(static_cast<std::size_t>(plan.ranks()));
  for (std::size_t i = 0; i < plan.ops.size(); ++i)
    boxes[plan.rank_of(OpId{i}).index()] +=
        fmt::format("    op{} [label=\"{}\"];\n", i, label(plan, OpId{i}));
  std::string out;
  for (std::size_t r = 0; r < boxes.size(); ++r)
    out +=
        fmt::format("  subgraph cluster_{0} {{\n    label=\"rank {0}\";\n{1}  }}\n", r, boxes[r]);
  return out;
}

std::string arrows(const Plan& plan) {
  std::string out;
  std::vector<std::int64_t> last(plan.lanes.size(), -1);
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    for (const models::Dep& dep : plan.deps_of(OpId{i}))
      out += fmt::format("  op{} -> op{} [label=\"{}\"];\n", dep.id().value, i,
                         models::name_of(dep.kind()));
    std::int64_t& before = last[plan.ops[i].lane.index()];
    if (before >= 0) out += fmt::format("  op{} -> op{} [style=dashed];\n", before, i);
    before = static_cast<std::int64_t>(i);
  }
  return out;
}

}  // namespace

std::string plan_dot(const Plan& plan) {
  if (plan.ops.size() > kMostDotOps)
    throw UnsupportedError(
        fmt::format("a drawing of {} ops; at most {} are drawn", plan.ops.size(), kMostDotOps));
  return fmt::format("digraph plan {{\n  label=\"{}\";\n  node [shape=box];\n{}{}}}\n",
                     escaped(plan.name), clusters(plan), arrows(plan));
}

}  // namespace twinlink::scenarios::cli
