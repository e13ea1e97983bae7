#include "models/checks/claim_check.h"

#include "models/checks/findings.h"
#include "models/definition.h"

namespace twinlink::models::checks {
namespace {

// Bytes of block `i` of `parts` of a buffer.
Wanted block(const Buffer& buffer, std::int64_t i, std::int64_t parts) {
  const std::int64_t element = size_of(buffer.element);
  const Share s = share(i, parts, buffer.size.count / element);
  return {s.begin * element, (s.begin + s.count) * element, {}, 0};
}

// First byte of the sum that member `index` of a reduce_scatter gets.
std::int64_t begin_of_part(const Plan& plan, const Claim& claim, std::int32_t index) {
  const Buffer& sum = plan.buffer(claim.inputs[0]);
  if (claim.starts.empty())
    return block(sum, index, static_cast<std::int64_t>(claim.inputs.size())).begin;
  return claim.starts[static_cast<std::size_t>(index)] * size_of(sum.element);
}

std::vector<Wanted> wanted_gather(const Plan& plan, const Claim& claim) {
  std::vector<Wanted> pieces;
  std::int64_t begin = 0;
  for (std::size_t s = 0; s < claim.inputs.size(); ++s) {
    const std::int64_t end = begin + plan.buffer(claim.inputs[s]).size.count;
    pieces.push_back({begin, end, {static_cast<std::int32_t>(s), 1}, 0});
    begin = end;
  }
  return pieces;
}

// Blocks as large as the claim says.
std::vector<Wanted> wanted_counts(const Plan& plan, const Claim& claim, std::size_t index) {
  const std::int64_t element = size_of(plan.buffer(claim.outputs[index]).element);
  std::vector<Wanted> pieces;
  std::int64_t begin = 0;
  for (std::size_t s = 0; s < claim.inputs.size(); ++s) {
    std::int64_t origin = 0;
    for (std::size_t d = 0; d < index; ++d) origin += claim.count(s, d);
    const std::int64_t end = begin + claim.count(s, index) * element;
    pieces.push_back({begin, end, {static_cast<std::int32_t>(s), 1}, origin * element});
    begin = end;
  }
  return pieces;
}

std::vector<Wanted> wanted_blocks(const Plan& plan, const Claim& claim, std::int32_t index) {
  if (!claim.counts.empty()) return wanted_counts(plan, claim, static_cast<std::size_t>(index));
  const auto parts = static_cast<std::int64_t>(claim.inputs.size());
  const Buffer& output = plan.buffer(claim.outputs[static_cast<std::size_t>(index)]);
  std::vector<Wanted> pieces;
  for (std::int64_t s = 0; s < parts; ++s) {
    Wanted piece = block(output, s, parts);
    piece.members = {static_cast<std::int32_t>(s), 1};
    piece.origin =
        block(plan.buffer(claim.inputs[static_cast<std::size_t>(s)]), index, parts).begin;
    pieces.push_back(piece);
  }
  return pieces;
}

// Positions folded into the output at `before`, head by head where heads look back differently far.
std::vector<Wanted> wanted_scan(const Claim& claim, const Buffer& output, std::int32_t before) {
  const std::int32_t own = claim.operation == Operation::scan ? 1 : 0;
  if (claim.horizons.empty()) return {{0, output.size.count, {0, before + own}, 0}};
  const std::int64_t element = size_of(output.element), n = elements_of(output);
  std::vector<Wanted> pieces;
  for (std::int32_t h = 0; h < claim.heads && n > 0; ++h) {
    const std::int32_t back = std::min(claim.horizons[static_cast<std::size_t>(h)], before);
    const std::int64_t begin = head_begin(h, n, claim.heads) * element;
    const std::int64_t end = head_begin(h + 1, n, claim.heads) * element;
    pieces.push_back({begin, end, {before - back, back + own}, begin});
  }
  return pieces;
}

struct Mismatch {
  std::int64_t begin, end;
  Value value;  // of the bytes from `begin` on
  Wanted wanted;
};

class MemberCheck {
 public:
  MemberCheck(const Describer& describer, std::int32_t claim, std::int32_t index)
      : describer_(describer),
        claim_(claim),
        buffer_(describer.plan.claims[static_cast<std::size_t>(claim)]
                    .outputs[static_cast<std::size_t>(index)]) {}

  // Walks cells and pieces together; nothing found: the member's output is right.
  std::vector<Mismatch> mismatches(const std::vector<Wanted>& pieces) {
    const CellRange range = describer_.cells.of_buffer(buffer_);
    std::uint32_t cell = range.first;
    for (const Wanted& piece : pieces) {
      for (std::int64_t at = piece.begin; at < piece.end;) {
        while (describer_.cells.end(cell) <= at) ++cell;
        const std::int64_t end = std::min(piece.end, describer_.cells.end(cell));
        compare(piece, cell, {at, end});
        at = end;
      }
    }
    return std::move(found_);
  }

 private:
  struct Span {
    std::int64_t begin, end;
  };

  void compare(const Wanted& piece, std::uint32_t cell, Span bytes) {
    const Value value = describer_.values[cell].shifted(bytes.begin - describer_.cells.begin(cell));
    const bool identity = piece.members.count == 0 && value.claim == Value::kIdentity;
    const bool same = value.claim == claim_ && value.members == piece.members &&
                      value.origin == piece.origin + (bytes.begin - piece.begin);
    if (identity || (same && piece.members.count != 0)) return;
    if (!found_.empty() && continues(found_.back(), value, bytes))
      found_.back().end = bytes.end;
    else
      found_.push_back({bytes.begin, bytes.end, value, piece});
  }

  [[nodiscard]] bool continues(const Mismatch& last, const Value& value, Span bytes) const {
    return last.end == bytes.begin && last.value.writer == value.writer &&
           last.value.shifted(bytes.begin - last.begin).same_content(value);
  }

  const Describer& describer_;
  std::int32_t claim_;
  BufferId buffer_;
  std::vector<Mismatch> found_;
};

std::string text_of(const Describer& describer, const Mismatch& m, std::int32_t claim) {
  const std::string bytes = " (bytes " + text(m.begin) + ".." + text(m.end - 1) + ")";
  std::string result = "holds " + text_of(describer, m.value);
  const std::string wanted = text_of_members(describer, claim, m.wanted.members);
  const bool misplaced = m.value.claim == claim && m.value.members == m.wanted.members;
  if (misplaced) {
    const std::int64_t at = m.wanted.origin + (m.begin - m.wanted.begin);
    result += " from byte " + text(m.value.origin) + " on, the claim wants it from byte " +
              text(at) + " on";
  } else {
    result += ", the claim wants " + wanted;
  }
  result += bytes;
  if (m.value.writer >= 0) result += "; last written by " + text(OpId{m.value.writer});
  return result;
}

}  // namespace

std::vector<Wanted> wanted_output(const Plan& plan, const Claim& claim, std::int32_t index) {
  const Buffer& output = plan.buffer(claim.outputs[static_cast<std::size_t>(index)]);
  const auto members = static_cast<std::int32_t>(claim.inputs.size());
  const std::int64_t size = output.size.count;
  const std::int32_t before = position(claim, index);
  switch (claim.operation) {
    case Operation::all_reduce: return {{0, size, {0, members}, 0}};
    case Operation::reduce_scatter:
      return {{0, size, {0, members}, begin_of_part(plan, claim, index)}};
    case Operation::all_gather: return wanted_gather(plan, claim);
    case Operation::all_to_all: return wanted_blocks(plan, claim, index);
    case Operation::broadcast: return {{0, size, {0, 1}, 0}};
    case Operation::sendrecv: return {{0, size, {(index + members - 1) % members, 1}, 0}};
    case Operation::scan:
    case Operation::exscan: return wanted_scan(claim, output, before);
  }
  return {};
}

void check_claim(const Describer& describer, std::int32_t claim, Proof& proof) {
  const Claim& c = describer.plan.claims[static_cast<std::size_t>(claim)];
  const std::vector<Rank>& group = describer.plan.groups[c.group.index()].members;
  for (std::size_t i = 0; i < group.size(); ++i) {
    const auto index = static_cast<std::int32_t>(i);
    MemberCheck check(describer, claim, index);
    const std::vector<Mismatch> wrong = check.mismatches(wanted_output(describer.plan, c, index));
    if (wrong.empty()) continue;
    proof.wrong_ranks.push_back(group[i]);
    const Mismatch& first = wrong.front();
    const OpId op = first.value.writer >= 0 ? OpId{first.value.writer} : OpId{};
    add(proof, {Check::provenance, group[i], op}, [&] {
      std::string message = text(group[i]) + ": output " + text_of(describer, first, claim);
      if (wrong.size() > 1)
        message += "; " + text(static_cast<std::int64_t>(wrong.size()) - 1) + " more wrong ranges";
      return message;
    });
  }
}

}  // namespace twinlink::models::checks
