#include "models/collectives/scan_hierarchical_transpose.h"

#include "models/collectives/scan_group.h"
#include "models/collectives/scan_transpose_stage.h"

namespace twinlink::models {
namespace {

std::int32_t domain_of(const CollectiveRequest& request, Rank rank) {
  const bool known = rank.valid() && rank.index() < request.domain_of_rank.size();
  return known ? request.domain_of_rank[rank.index()] : 0;
}

// Members of each domain, in the order of positions.
std::vector<std::int64_t> domain_sizes(const CollectiveRequest& request, std::vector<Rank> group) {
  if (request.suffix) std::reverse(group.begin(), group.end());
  std::vector<std::int64_t> sizes;
  for (std::size_t p = 0; p < group.size(); ++p) {
    const bool same = p > 0 && domain_of(request, group[p]) == domain_of(request, group[p - 1]);
    if (!same) sizes.push_back(0);
    ++sizes.back();
  }
  return sizes;
}

std::vector<TransposeDomain> domains_of(PlanBuilder& builder, const CollectiveRequest& request,
                                        const std::vector<Rank>& group) {
  GroupFrame frame = add_group_frame(builder, request, group);
  add_lanes(builder, request, frame);
  if (request.suffix) std::reverse(frame.members.begin(), frame.members.end());
  const std::vector<std::int64_t> sizes = domain_sizes(request, group);
  std::vector<TransposeDomain> domains;
  std::size_t p = 0;
  for (const std::int64_t size : sizes) {
    TransposeDomain domain{frame.id, {}, domains.empty()};
    std::vector<Rank> ranks;
    for (const std::size_t end = p + static_cast<std::size_t>(size); p < end; ++p) {
      domain.members.push_back({frame.members[p], {}, {}});
      ranks.push_back(frame.members[p].rank);
    }
    if (sizes.size() > 1) domain.group = builder.add_group(ranks);
    domains.push_back(std::move(domain));
  }
  return domains;
}

// A member's total of its slice.
struct Total {
  BufferId buffer;
  OpId made;  // invalid: given before the launch
};

class HierarchicalTranspose {
 public:
  HierarchicalTranspose(PlanBuilder& builder, const CollectiveRequest& request,
                        std::vector<TransposeDomain> domains)
      : builder_(builder),
        request_(request),
        domains_(std::move(domains)),
        element_size_(size_of(request.element)) {}

  void build() {
    for (std::size_t d = 0; d < domains_.size(); ++d) {
      add_domain_work(builder_, request_, domains_[d]);
      totals_.emplace_back();
      if (d + 1 < domains_.size()) add_totals(d);
    }
    for (std::size_t d = 0; d + 1 < domains_.size(); ++d) send_totals(d);
    for (const TransposeDomain& domain : domains_) add_transpose_stage(builder_, request_, domain);
  }

 private:
  [[nodiscard]] Share own(std::size_t d, std::size_t g) const {
    return share(static_cast<std::int64_t>(g),
                 static_cast<std::int64_t>(domains_[d].members.size()), elements_of(request_));
  }

  [[nodiscard]] std::int64_t length_of_domain(std::size_t d) const {
    std::int64_t length = 0;
    for (const StageMember& m : domains_[d].members) length += length_of(request_, m.member.rank);
    return length;
  }

  void add_totals(std::size_t d) {
    const std::vector<StageMember>& members = domains_[d].members;
    if (members.size() == 1) {
      const OpId work = has_local_work(request_) ? OpId{builder_.next_op().index() - 1} : OpId{};
      totals_[d].push_back({members[0].member.input, work});
      return;
    }
    for (std::size_t g = 0; g < members.size(); ++g) totals_[d].push_back(add_total(d, g));
  }

  Total add_total(std::size_t d, std::size_t g) {
    const std::vector<StageMember>& members = domains_[d].members;
    if (own(d, g).count == 0) return {};
    sources_.clear();
    std::int64_t later = length_of_domain(d);
    for (const StageMember& m : members) {
      later -= length_of(request_, m.member.rank);
      sources_.push_back(slice_of(m.member.input, own(d, g), element_size_));
      sources_.back().decay_power = static_cast<std::int32_t>(later);
    }
    const BufferId buffer = add_scratch(builder_, request_, members[g].member.rank, "total");
    const Slice to = slice_of(buffer, own(d, g), element_size_);
    return {buffer, builder_.reduce(members[g].member.lane, Operator::decay_sum, sources_,
                                    std::span(&to, 1), {})};
  }

  // Makes the carries of all later domains and the ops that write them.
  void send_totals(std::size_t d) {
    for (std::size_t later = d + 1; later < domains_.size(); ++later)
      for (std::size_t h = 0; h < domains_[later].members.size(); ++h) add_carry(d, later, h);
    for (std::size_t g = 0; g < domains_[d].members.size(); ++g) send_total(d, g);
  }

  void add_carry(std::size_t d, std::size_t later, std::size_t h) {
    StageMember& reader = domains_[later].members[h];
    reader.carries.push_back(
        {add_scratch(builder_, request_, reader.member.rank, "carry " + std::to_string(d)),
         length_of_domain(d)});
  }

  void send_total(std::size_t d, std::size_t g) {
    if (own(d, g).count == 0) return;
    sources_.clear();
    destinations_.clear();
    const OpId op = builder_.next_op();
    for (std::size_t later = d + 1; later < domains_.size(); ++later)
      for (StageMember& reader : domains_[later].members) add_piece(d, g, {later, &reader}, op);
    std::vector<Dep> deps;
    if (totals_[d][g].made.valid()) deps.push_back(dep(totals_[d][g].made));
    const LaneId nic =
        builder_.add_nic_lane(domains_[d].members[g].member.rank, 0, request_.launch);
    builder_.copy(nic, sources_, destinations_, deps);
  }

  struct Reader {
    std::size_t domain;
    StageMember* member;
  };

  // What member g of domain d totals and the reader owns, if anything.
  void add_piece(std::size_t d, std::size_t g, const Reader& to, OpId op) {
    StageMember& reader = *to.member;
    const auto h = static_cast<std::size_t>(to.member - domains_[to.domain].members.data());
    const Share from = own(d, g), wanted = own(to.domain, h);
    const std::int64_t begin = std::max(from.begin, wanted.begin);
    const std::int64_t end = std::min(from.begin + from.count, wanted.begin + wanted.count);
    if (begin >= end) return;
    const Share piece{begin, end - begin};
    sources_.push_back(slice_of(totals_[d][g].buffer, piece, element_size_));
    destinations_.push_back(slice_of(reader.carries[d].buffer, piece, element_size_));
    reader.deps.push_back(dep(op));
  }

  PlanBuilder& builder_;
  const CollectiveRequest& request_;
  std::vector<TransposeDomain> domains_;
  int element_size_;
  std::vector<std::vector<Total>> totals_;     // by domain and member
  std::vector<Slice> sources_, destinations_;  // of the op being made
};

// Sizes and the largest share of one domain, as counts and times need them.
struct DomainFacts {
  std::int64_t members, share, earlier, later;  // share in bytes; earlier, later: domains
  std::int64_t sources;                         // of a member's scan_reduce
};

std::vector<DomainFacts> facts_of(const CollectiveRequest& request,
                                  const std::vector<Rank>& group) {
  std::vector<DomainFacts> facts;
  const std::vector<std::int64_t> sizes = domain_sizes(request, group);
  const auto count = static_cast<std::int64_t>(sizes.size());
  const std::int64_t unread = request.operation == Operation::scan ? 0 : 1;
  for (std::int64_t d = 0; d < count; ++d) {
    const std::int64_t size = sizes[static_cast<std::size_t>(d)];
    facts.push_back(
        {size, largest_share_bytes(request, size), d, count - 1 - d, d + size - unread});
  }
  return facts;
}

// Weights of a domain's three steps, for the longest chain.
struct StepWeights {
  double total, nic, stage;
};

// The end of the longest chain over domains. `weights(facts)`.
template <class Weights>
double longest_chain(const std::vector<DomainFacts>& domains, Weights weights) {
  double carries = 0, longest = 0;  // when the totals of all domains so far have arrived
  for (const DomainFacts& domain : domains) {
    const StepWeights step = weights(domain);
    longest = std::max(longest, std::max(carries, step.total) + step.stage);
    if (domain.later > 0) carries = std::max(carries, step.total + step.nic);
  }
  return longest;
}

double bytes_of(std::int64_t count) { return static_cast<double>(count); }

std::int64_t folds(const DomainFacts& d) { return std::max<std::int64_t>(d.sources - 1, 0); }

bool totals(const DomainFacts& d) { return d.later > 0 && d.members > 1; }

// Ranges of elements that one share of `a` and one of `b` have in common.
std::int64_t pieces(std::int64_t elements, std::int64_t a, std::int64_t b) {
  std::int64_t count = 0;
  for (std::int64_t i = 0, j = 0, at = 0; at < elements; ++count) {
    const Share x = share(i, a, elements), y = share(j, b, elements);
    at = std::min(x.begin + x.count, y.begin + y.count);
    i += at == x.begin + x.count ? 1 : 0;
    j += at == y.begin + y.count ? 1 : 0;
  }
  return count;
}

// Bytes and messages of all steps, position by position.
StageTraffic traffic_of(const CollectiveRequest& request, const std::vector<Rank>& group) {
  StageTraffic all;
  const std::vector<DomainFacts> domains = facts_of(request, group);
  const std::int64_t n = request.bytes.count, elements = elements_of(request);
  for (const DomainFacts& d : domains) {
    StageTraffic stage = transpose_stage_traffic(request, d.members, d.earlier == 0);
    const std::int64_t shares = std::min(d.members, elements);
    for (std::int64_t g = 0; g < d.members; ++g) {
      const auto i = static_cast<std::size_t>(g);
      const std::int64_t own = share(g, d.members, elements).count * size_of(request.element);
      stage.in[i] += own * d.earlier + (totals(d) ? own * (d.members - 1) : 0);
      stage.out[i] += own * d.later + (totals(d) ? n - own : 0);
    }
    if (totals(d)) stage.messages += shares * (d.members - 1);
    // Cutting the state at the borders of both domains' shares gives the pieces.
    for (std::int64_t later = d.earlier + 1; later < d.earlier + 1 + d.later; ++later)
      stage.messages +=
          pieces(elements, d.members, domains[static_cast<std::size_t>(later)].members);
    all.in.insert(all.in.end(), stage.in.begin(), stage.in.end());
    all.out.insert(all.out.end(), stage.out.begin(), stage.out.end());
    all.messages += stage.messages;
  }
  return all;
}

}  // namespace

Plan build_scan_hierarchical_transpose(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "hierarchical_transpose");
  builder.reserve_ops(plan_size_scan_hierarchical_transpose(request));
  for (const std::vector<Rank>& group : groups_of(request))
    HierarchicalTranspose(builder, request, domains_of(builder, request, group)).build();
  return builder.finish();
}

AlgorithmCounts counts_scan_hierarchical_transpose(const CollectiveRequest& request) {
  AlgorithmCounts all;
  if (request.bytes.count == 0) return all;
  for (const std::vector<Rank>& group : groups_of(request)) {
    const std::vector<DomainFacts> domains = facts_of(request, group);
    const StageTraffic traffic = traffic_of(request, group);
    const double rounds = longest_chain(domains, [](const DomainFacts& d) -> StepWeights {
      return {totals(d) ? 1.0 : 0, 1, d.members > 1 ? 1.0 : 0};
    });
    const double applications = longest_chain(domains, [](const DomainFacts& d) -> StepWeights {
      return {totals(d) ? bytes_of(d.members - 1) : 0, 0, bytes_of(folds(d))};
    });
    all.rounds = std::max(all.rounds, static_cast<std::int64_t>(rounds));
    all.applications = std::max(all.applications, static_cast<std::int64_t>(applications));
    all.messages += traffic.messages;
    all.bytes_in.count =
        std::max(all.bytes_in.count, *std::max_element(traffic.in.begin(), traffic.in.end()));
    all.bytes_out.count =
        std::max(all.bytes_out.count, *std::max_element(traffic.out.begin(), traffic.out.end()));
  }
  return all;
}

double closed_form_scan_hierarchical_transpose(const CollectiveRequest& request,
                                               const AlphaBetaGamma& costs) {
  const std::int64_t n = request.bytes.count;
  double slowest = 0;
  if (n == 0) return slowest;
  for (const std::vector<Rank>& group : groups_of(request)) {
    const auto weights = [&](const DomainFacts& d) -> StepWeights {
      const double total = bytes_of((d.members - 1) * d.share) * (costs.beta + costs.gamma);
      const double port = costs.alpha + bytes_of((d.members - 2) * d.share + n) * costs.beta;
      return {totals(d) ? costs.alpha + total : 0,
              costs.alpha + bytes_of(d.later * d.share) * costs.beta,
              (d.members > 1 ? port : 0) + bytes_of(folds(d) * d.share) * costs.gamma};
    };
    slowest = std::max(slowest, longest_chain(facts_of(request, group), weights));
  }
  return slowest;
}

OpCounts plan_size_scan_hierarchical_transpose(const CollectiveRequest& request) {
  OpCounts all;
  for (const std::vector<Rank>& group : groups_of(request)) {
    const std::vector<std::int64_t> sizes = domain_sizes(request, group);
    const std::size_t members = group.size(), others = sizes.size() - 1;
    all.ops += 6 * members + 1;
    all.deps += members + others * members;  // at most one piece per border of either domain
    all.slices += 2 + 3 * others * members;
    for (const std::int64_t size : sizes) {
      const auto g = static_cast<std::size_t>(size);
      all.slices += g * (g + 1) + 2 * g * g;
    }
  }
  return all;
}

}  // namespace twinlink::models
