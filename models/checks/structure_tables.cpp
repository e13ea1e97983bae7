#include <algorithm>

#include "models/checks/findings.h"
#include "models/checks/structure.h"
#include "models/definition.h"

namespace twinlink::models::checks {
namespace {

class TableCheck {
 public:
  explicit TableCheck(const Plan& plan) : plan_(plan) {}

  Proof run() {
    check_mapping();
    for (std::size_t i = 0; i < plan_.groups.size(); ++i) check_group(i);
    for (std::size_t i = 0; i < plan_.buffers.size(); ++i) check_buffer(i);
    for (std::size_t i = 0; i < plan_.kernels.size(); ++i) check_kernel(i);
    for (std::size_t i = 0; i < plan_.lanes.size(); ++i) check_lane(i);
    for (std::size_t i = 0; i < plan_.rendezvous.size(); ++i) check_rendezvous(i);
    for (std::size_t i = 0; i < plan_.library_calls.size(); ++i) check_library_call(i);
    for (std::size_t i = 0; i < plan_.claims.size(); ++i) check_claim(i);
    return std::move(proof_);
  }

 private:
  // A finding unless `holds`: "<what> <index>: <message>".
  bool want(bool holds, const char* what, std::size_t index, const std::string& message) {
    if (holds) return true;
    add(proof_, {Check::structure, Rank{}, OpId{}}, [&] {
      return std::string(what) + " " + text(static_cast<std::int64_t>(index)) + ": " + message;
    });
    return false;
  }

  [[nodiscard]] bool is_rank(Rank rank) const { return rank.valid() && rank.value < plan_.ranks(); }
  [[nodiscard]] bool is_group(GroupId group) const {
    return group.valid() && group.index() < plan_.groups.size();
  }

  void check_mapping();
  void check_group(std::size_t index);
  void check_buffer(std::size_t index);
  void check_kernel(std::size_t index);
  void check_lane(std::size_t index);
  void check_sm_lane(std::size_t index);
  void check_rendezvous(std::size_t index);
  void check_library_call(std::size_t index);
  void check_claim(std::size_t index);
  bool check_claim_buffers(std::size_t index);
  void check_claim_sizes(std::size_t index);
  void check_given(std::size_t index, std::size_t member);
  bool check_claim_buffer(std::size_t index, BufferId buffer, std::size_t member);
  [[nodiscard]] std::int64_t wanted_size(const Claim& claim, std::size_t member) const;

  const Plan& plan_;
  Proof proof_;
};

void TableCheck::check_mapping() {
  want(plan_.ranks() <= kPlanLimits.ranks, "plan", 0, "more ranks than a plan may have");
  for (std::size_t r = 0; r < plan_.gpu_of_rank.size(); ++r)
    want(plan_.gpu_of_rank[r] >= 0, "rank", r, "runs on no GPU");
}

void TableCheck::check_group(std::size_t index) {
  const std::vector<Rank>& members = plan_.groups[index].members;
  want(!members.empty(), "group", index, "has no members");
  std::vector<std::uint8_t> seen(plan_.gpu_of_rank.size(), 0);
  for (const Rank rank : members) {
    if (!want(is_rank(rank), "group", index, text(rank) + " does not exist")) continue;
    want(seen[rank.index()]++ == 0, "group", index, text(rank) + " is a member twice");
  }
}

void TableCheck::check_buffer(std::size_t index) {
  const Buffer& buffer = plan_.buffers[index];
  want(is_rank(buffer.rank), "buffer", index, text(buffer.rank) + " does not exist");
  want(buffer.size.count >= 0, "buffer", index, "has a negative size");
  want(buffer.role <= BufferRole::weights, "buffer", index, "has an unknown role");
  want(buffer.element <= ElementType::u32, "buffer", index, "has an unknown element type");
}

void TableCheck::check_kernel(std::size_t index) {
  const Rank rank = plan_.kernels[index].rank;
  want(is_rank(rank), "kernel", index, text(rank) + " does not exist");
}

void TableCheck::check_lane(std::size_t index) {
  const Lane& lane = plan_.lanes[index];
  want(is_rank(lane.rank), "lane", index, text(lane.rank) + " does not exist");
  switch (lane.engine) {
    case Engine::sm: return check_sm_lane(index);
    case Engine::copy:
    case Engine::nic:
    case Engine::library:
      want(!lane.kernel.valid(), "lane", index, "only lanes of sm have a kernel");
      want(lane.queue >= 0, "lane", index, "has a negative queue");
      return;
  }
  want(false, "lane", index, "has an unknown engine");
}

void TableCheck::check_sm_lane(std::size_t index) {
  const Lane& lane = plan_.lanes[index];
  const bool known = lane.kernel.valid() && lane.kernel.index() < plan_.kernels.size();
  if (!want(known, "lane", index, "names no kernel of the plan")) return;
  const Kernel& kernel = plan_.kernels[lane.kernel.index()];
  want(kernel.rank == lane.rank, "lane", index, "runs on another rank than its kernel");
  want(kernel.launch == lane.launch, "lane", index, "has another launch mode than its kernel");
  const bool shaped =
      lane.ctas > 0 && lane.threads > 0 && lane.vector_bytes > 0 && lane.loads_in_flight > 0;
  want(shaped, "lane", index, "needs positive ctas, threads, vector_bytes and loads_in_flight");
}

void TableCheck::check_rendezvous(std::size_t index) {
  const Rendezvous& rendezvous = plan_.rendezvous[index];
  want(is_group(rendezvous.group), "rendezvous", index, "names no group of the plan");
  const bool flag = rendezvous.edge == Edge::flag_relaxed || rendezvous.edge == Edge::flag_fenced;
  want(flag, "rendezvous", index, "its edge is neither flag_relaxed nor flag_fenced");
}

void TableCheck::check_library_call(std::size_t index) {
  const LibraryCall& call = plan_.library_calls[index];
  want(is_group(call.group), "library call", index, "names no group of the plan");
  want(!call.library.empty(), "library call", index, "names no library");
  const bool known = call.operation <= Operation::exscan && !is_scan(call.operation);
  want(known, "library call", index, "libraries have no operation of that kind");
}

void TableCheck::check_claim(std::size_t index) {
  const Claim& claim = plan_.claims[index];
  want(claim.heads >= 1, "claim", index, "has no heads");
  want(claim.operation <= Operation::exscan, "claim", index, "has an unknown operation");
  const std::vector<std::int32_t>& horizons = claim.horizons;
  const bool ordered = claim.operation == Operation::scan || claim.operation == Operation::exscan;
  want(horizons.empty() || (ordered && horizons.size() == static_cast<std::size_t>(claim.heads) &&
                            *std::min_element(horizons.begin(), horizons.end()) >= 1),
       "claim", index, "needs a horizon of at least 1 for each head of a scan");
  const std::vector<std::int32_t>& lengths = claim.lengths;
  want(lengths.empty() || (ordered && lengths.size() == claim.inputs.size() &&
                           *std::min_element(lengths.begin(), lengths.end()) >= 1),
       "claim", index, "needs a length of at least 1 for each member of a scan");
  const bool scatters = claim.operation == Operation::reduce_scatter;
  const bool started =
      claim.starts.empty() || (scatters && claim.starts.size() == claim.inputs.size());
  want(started, "claim", index, "needs a start for each member of a reduce_scatter");
  const std::size_t members = claim.inputs.size();
  const bool counted = claim.operation == Operation::all_to_all;
  if (!want(claim.counts.empty() ||
                (counted && claim.counts.size() == members * members &&
                 *std::min_element(claim.counts.begin(), claim.counts.end()) >= 0),
            "claim", index,
            "needs a count of at least 0 for each pair of members of an all_to_all"))
    return;
  if (!want(is_group(claim.group), "claim", index, "names no group of the plan")) return;
  if (check_claim_buffers(index) && started) check_claim_sizes(index);
}

bool TableCheck::check_claim_buffers(std::size_t index) {
  const Claim& claim = plan_.claims[index];
  const std::size_t members = plan_.groups[claim.group.index()].members.size();
  const bool complete = claim.inputs.size() == members && claim.outputs.size() == members;
  if (!want(complete, "claim", index, "needs one input and one output per member")) return false;
  bool right = true;
  for (std::size_t i = 0; i < members; ++i) {
    right = check_claim_buffer(index, claim.inputs[i], i) && right;
    right = check_claim_buffer(index, claim.outputs[i], i) && right;
    if (!right) continue;
    const BufferRole in = plan_.buffer(claim.inputs[i]).role;
    const BufferRole out = plan_.buffer(claim.outputs[i]).role;
    const std::string member = "member " + text(static_cast<std::int64_t>(i));
    want(in == BufferRole::input || in == BufferRole::inout || in == BufferRole::weights, "claim",
         index, "the input of " + member + " is not given at the start (role input or inout)");
    want(out == BufferRole::output || out == BufferRole::inout, "claim", index,
         "the output of " + member + " has neither role output nor inout");
  }
  return right;
}

bool TableCheck::check_claim_buffer(std::size_t index, BufferId buffer, std::size_t member) {
  const std::string name = "member " + text(static_cast<std::int64_t>(member));
  const bool known = buffer.valid() && buffer.index() < plan_.buffers.size();
  if (!want(known, "claim", index, name + " names no buffer of the plan")) return false;
  const Claim& claim = plan_.claims[index];
  const Buffer& b = plan_.buffer(buffer);
  if (b.size.count < 0 || b.element > ElementType::u32) return false;
  const Rank rank = plan_.groups[claim.group.index()].members[member];
  const bool own = want(b.rank == rank, "claim", index, name + " names a buffer of another rank");
  const bool whole = want(b.size.count % size_of(b.element) == 0, "claim", index,
                          name + " names a buffer that holds no whole number of elements");
  const BufferId like = claim.inputs[0];
  const bool comparable = like.valid() && like.index() < plan_.buffers.size();
  const bool alike = want(!comparable || plan_.buffer(like).element == b.element, "claim", index,
                          name + " names a buffer of another element type");
  return own && whole && alike;
}

// Bytes of the member's output.
std::int64_t TableCheck::wanted_size(const Claim& claim, std::size_t member) const {
  const Buffer& first = plan_.buffer(claim.inputs[0]);
  const auto members = static_cast<std::int64_t>(claim.inputs.size());
  const auto index = static_cast<std::int64_t>(member);
  const std::int64_t element = size_of(first.element);
  switch (claim.operation) {
    case Operation::all_reduce:
    case Operation::broadcast:
    case Operation::scan:
    case Operation::exscan: return first.size.count;
    case Operation::reduce_scatter: {
      const std::int64_t n = first.size.count / element;
      if (claim.starts.empty()) return share(index, members, n).count * element;
      const std::int64_t start = claim.starts[member];
      if (start < 0 || start > n) return 0;
      return std::min(plan_.buffer(claim.outputs[member]).size.count, (n - start) * element);
    }
    case Operation::sendrecv: {
      const auto left = static_cast<std::size_t>((index + members - 1) % members);
      return plan_.buffer(claim.inputs[left]).size.count;
    }
    case Operation::all_gather:
    case Operation::all_to_all: break;
  }
  std::int64_t total = 0;
  if (!claim.counts.empty()) {
    for (std::size_t s = 0; s < claim.inputs.size(); ++s) total += claim.count(s, member) * element;
    return total;
  }
  for (const BufferId input : claim.inputs) {
    const std::int64_t size = plan_.buffer(input).size.count;
    const bool blocks = claim.operation == Operation::all_to_all;
    total += blocks ? share(index, members, size / element).count * element : size;
  }
  return total;
}

// What counts give away is the whole input.
void TableCheck::check_given(std::size_t index, std::size_t member) {
  const Claim& claim = plan_.claims[index];
  const Buffer& input = plan_.buffer(claim.inputs[member]);
  std::int64_t given = 0;
  for (std::size_t d = 0; d < claim.inputs.size(); ++d) given += claim.count(member, d);
  given *= size_of(input.element);
  want(input.size.count == given, "claim", index,
       "the input of member " + text(static_cast<std::int64_t>(member)) + " has " +
           text(input.size.count) + " bytes; its counts are " + text(given));
}

void TableCheck::check_claim_sizes(std::size_t index) {
  const Claim& claim = plan_.claims[index];
  const std::int64_t first = plan_.buffer(claim.inputs[0]).size.count;
  for (std::size_t i = 0; i < claim.inputs.size(); ++i) {
    const std::string member = "member " + text(static_cast<std::int64_t>(i));
    const bool any_size = claim.operation == Operation::all_gather ||
                          claim.operation == Operation::sendrecv || !claim.counts.empty();
    want(any_size || plan_.buffer(claim.inputs[i]).size.count == first, "claim", index,
         "the input of " + member + " has another size than that of member 0");
    if (!claim.counts.empty()) check_given(index, i);
    const std::int64_t wanted = wanted_size(claim, i);
    const std::int64_t size = plan_.buffer(claim.outputs[i]).size.count;
    want(size == wanted, "claim", index,
         "the output of " + member + " has " + text(size) + " bytes; the operation makes " +
             text(wanted));
  }
}

}  // namespace

Proof table_structure(const Plan& plan) { return TableCheck(plan).run(); }

}  // namespace twinlink::models::checks
