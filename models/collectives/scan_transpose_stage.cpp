#include "models/collectives/scan_transpose_stage.h"

#include "models/collectives/scan_group.h"

namespace twinlink::models {
namespace {

bool inclusive(const CollectiveRequest& request) { return request.operation == Operation::scan; }

class Stage {
 public:
  Stage(PlanBuilder& builder, const CollectiveRequest& request, const TransposeDomain& domain)
      : builder_(builder), request_(request), domain_(domain) {}

  void build() {
    for (std::size_t g = 0; g < domain_.members.size(); ++g) scan_slice(g);
    if (domain_.first) finish_first();
  }

 private:
  [[nodiscard]] Slice part(BufferId buffer, std::size_t g, std::int64_t length) const {
    const auto parts = static_cast<std::int64_t>(domain_.members.size());
    const Share own = share(static_cast<std::int64_t>(g), parts, elements_of(request_));
    Slice slice = slice_of(buffer, own, size_of(request_.element));
    slice.decay_power = static_cast<std::int32_t>(length);
    return slice;
  }

  void scan_slice(std::size_t g) {
    const std::size_t members = domain_.members.size();
    const StageMember& own = domain_.members[g];
    if (part(own.member.input, g, 0).size.count == 0) return;
    sources_.clear();
    destinations_.clear();
    for (const Carry& carry : own.carries) sources_.push_back(part(carry.buffer, g, carry.length));
    for (std::size_t p = 0; p + (inclusive(request_) ? 0 : 1) < members; ++p)
      sources_.push_back(part(domain_.members[p].member.input, g,
                              length_of(request_, domain_.members[p].member.rank)));
    for (std::size_t p = domain_.first ? 1 : 0; p < members; ++p)
      destinations_.push_back(part(domain_.members[p].member.output, g, 0));
    if (destinations_.empty()) return;
    builder_.scan_reduce(own.member.lane, Operator::decay_sum, sources_, destinations_, own.deps);
  }

  void finish_first() {
    const Member& first = domain_.members.front().member;
    const Slice output{first.output, 0, {}, request_.bytes};
    if (inclusive(request_))
      builder_.copy(first.lane, {first.input, 0, {}, request_.bytes}, output, {});
    else
      builder_.reduce(first.lane, Operator::decay_sum, {}, std::span(&output, 1), {});
  }

  PlanBuilder& builder_;
  const CollectiveRequest& request_;
  const TransposeDomain& domain_;
  std::vector<Slice> sources_, destinations_;  // of the op being made
};

}  // namespace

void add_transpose_stage(PlanBuilder& builder, const CollectiveRequest& request,
                         const TransposeDomain& domain) {
  Stage(builder, request, domain).build();
  add_domain_meeting(builder, domain);
}

void add_domain_meeting(PlanBuilder& builder, const TransposeDomain& domain) {
  if (domain.members.size() == 1) return;
  const std::uint32_t rendezvous = builder.add_rendezvous({domain.group, Edge::flag_fenced});
  for (const StageMember& m : domain.members) builder.barrier(m.member.lane, rendezvous, {});
}

void add_domain_work(PlanBuilder& builder, const CollectiveRequest& request,
                     const TransposeDomain& domain) {
  if (!has_local_work(request)) return;
  for (const StageMember& m : domain.members)
    builder.compute(m.member.lane, request.local_work, {}, {}, {});
  add_domain_meeting(builder, domain);
}

StageTraffic transpose_stage_traffic(const CollectiveRequest& request, std::int64_t members,
                                     bool first) {
  const auto count = static_cast<std::size_t>(members);
  StageTraffic traffic{std::vector<std::int64_t>(count), std::vector<std::int64_t>(count)};
  const std::int64_t element = size_of(request.element), n = request.bytes.count;
  const std::int64_t shares = std::min(members, elements_of(request));  // that are not empty
  // Positions whose input is read and whose output is written by the owners of slices.
  const std::int64_t read = inclusive(request) ? members : members - 1;
  const std::int64_t written_from = first ? 1 : 0;
  for (std::int64_t p = 0; p < members; ++p) {
    const auto i = static_cast<std::size_t>(p);
    const std::int64_t own = share(p, members, elements_of(request)).count * element;
    const bool is_read = p < read, is_written = p >= written_from;
    traffic.in[i] = own * (read - (is_read ? 1 : 0)) + (is_written ? n - own : 0);
    traffic.out[i] =
        own * (members - written_from - (is_written ? 1 : 0)) + (is_read ? n - own : 0);
    const std::int64_t others = shares - (p < shares ? 1 : 0);
    traffic.messages += (is_read ? others : 0) + (is_written ? others : 0);
  }
  return traffic;
}

std::int64_t largest_share_bytes(const CollectiveRequest& request, std::int64_t members) {
  return share(0, members, elements_of(request)).count * size_of(request.element);
}

}  // namespace twinlink::models
