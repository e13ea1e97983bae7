#include "models/collectives/all_reduce_hierarchical.h"

#include <map>

#include "models/collectives/collective_group.h"

namespace twinlink::models {
namespace {

// The group's members by domain, as indices into the group; domains in order of first appearance.
using Domains = std::vector<std::vector<std::size_t>>;

Domains domains_of(const CollectiveRequest& request, const std::vector<Rank>& ranks) {
  Domains domains;
  std::map<std::int32_t, std::size_t> index;
  for (std::size_t r = 0; r < ranks.size(); ++r) {
    const std::int32_t domain =
        request.domain_of_rank.empty() ? 0 : request.domain_of_rank[ranks[r].index()];
    const std::size_t at = index.try_emplace(domain, domains.size()).first->second;
    if (at == domains.size()) domains.emplace_back();
    domains[at].push_back(r);
  }
  return domains;
}

// D and M of one group whose domains are equal.
struct Size {
  std::int64_t domains, members;
};

Size size_of_group(const CollectiveRequest& request, const std::vector<Rank>& ranks) {
  const auto members = static_cast<std::int64_t>(ranks.size());
  if (request.domain_of_rank.empty()) return {1, members};
  std::vector<std::int32_t> domains;
  for (const Rank rank : ranks) domains.push_back(request.domain_of_rank[rank.index()]);
  std::sort(domains.begin(), domains.end());
  const auto end = std::unique(domains.begin(), domains.end());
  const std::int64_t count = end - domains.begin();
  return {count, members / count};
}

class Hierarchical {
 public:
  Hierarchical(PlanBuilder& builder, const CollectiveRequest& request,
               const std::vector<Rank>& ranks)
      : builder_(builder),
        request_(request),
        element_size_(size_of(request.element)),
        frame_(add_group_frame(builder, request, ranks)),
        domains_(domains_of(request, ranks)) {
    add_lanes(builder, request, frame_);
    for (const std::vector<std::size_t>& domain : domains_) add_domain(ranks, domain);
    if (count() > 1) add_nics();
  }

  void build() {
    meet(Edge::flag_relaxed);
    for_each([&](std::size_t d, std::size_t i) { reduce_own_share(d, i); });
    if (count() > 1) {
      for_each([&](std::size_t d, std::size_t i) { scatter_across(d, i); });
      for_each([&](std::size_t d, std::size_t i) { sum_pieces(d, i); });
      for_each([&](std::size_t d, std::size_t i) { gather_across(d, i); });
    }
    meet(Edge::flag_fenced);
    for_each([&](std::size_t d, std::size_t i) { fetch_other_shares(d, i); });
  }

 private:
  [[nodiscard]] std::size_t count() const { return domains_.size(); }
  [[nodiscard]] std::size_t members() const { return domains_.front().size(); }
  [[nodiscard]] const Member& at(std::size_t d, std::size_t i) const {
    return frame_.members[domains_[d][i]];
  }
  [[nodiscard]] OpId& op(std::vector<OpId>& of, std::size_t d, std::size_t i) const {
    return of[d * members() + i];
  }

  [[nodiscard]] Share share_of(std::size_t i) const {
    return share(static_cast<std::int64_t>(i), static_cast<std::int64_t>(members()),
                 elements_of(request_));
  }
  // Piece e of share i.
  [[nodiscard]] Share piece_of(std::size_t i, std::size_t e) const {
    const Share all = share_of(i);
    const Share piece =
        share(static_cast<std::int64_t>(e), static_cast<std::int64_t>(count()), all.count);
    return {all.begin + piece.begin, piece.count};
  }
  // Where domain `from`'s part of the own piece lands.
  [[nodiscard]] Slice slot(std::size_t d, std::size_t i, std::size_t from) const {
    const std::int64_t size = piece_of(i, d).count;
    return slice_of(arrived_[d * members() + i], {static_cast<std::int64_t>(from) * size, size},
                    element_size_);
  }
  [[nodiscard]] Slice part(BufferId buffer, const Share& elements) const {
    return slice_of(buffer, elements, element_size_);
  }

  template <class Step>
  void for_each(Step step) {
    for (std::size_t d = 0; d < count(); ++d)
      for (std::size_t i = 0; i < members(); ++i) step(d, i);
  }

  void add_domain(const std::vector<Rank>& ranks, const std::vector<std::size_t>& domain) {
    std::vector<Rank> here;
    for (const std::size_t r : domain) here.push_back(ranks[r]);
    groups_.push_back(count() == 1 ? frame_.id : builder_.add_group(std::move(here)));
  }

  void add_nics() {
    for_each([&](std::size_t d, std::size_t i) {
      const Rank rank = at(d, i).rank;
      nics_.push_back(builder_.add_nic_lane(rank, 0, request_.launch));
      const std::int64_t slots = piece_of(i, d).count * static_cast<std::int64_t>(count());
      arrived_.push_back(builder_.add_buffer(
          {rank, BufferRole::scratch, request_.element, {slots * element_size_}, "arrived"}));
    });
    reduced_.resize(nics_.size());
    scattered_ = summed_ = gathered_ = reduced_;
  }

  void meet(Edge edge) {
    for (std::size_t d = 0; d < count(); ++d) {
      const std::uint32_t rendezvous = builder_.add_rendezvous({groups_[d], edge});
      for (std::size_t i = 0; i < members(); ++i) {
        deps_.clear();
        if (edge == Edge::flag_fenced && count() > 1) wait_for(gathered_, d, i);
        builder_.barrier(at(d, i).lane, rendezvous, deps_);
      }
    }
  }

  // On the ops of the members in the same position of the other domains.
  void wait_for(std::vector<OpId>& ops, std::size_t d, std::size_t i) {
    for (std::size_t e = 0; e < count(); ++e)
      if (e != d && op(ops, e, i).valid()) deps_.push_back(dep(op(ops, e, i)));
  }

  void reduce_own_share(std::size_t d, std::size_t i) {
    if (share_of(i).count == 0) return;
    sources_.clear();
    for (std::size_t m = 0; m < members(); ++m)
      sources_.push_back(part(at(d, m).input, share_of(i)));
    const Slice sum = part(at(d, i).output, share_of(i));
    const OpId id = builder_.reduce(at(d, i).lane, Operator::sum, sources_, std::span(&sum, 1), {});
    if (count() > 1) op(reduced_, d, i) = id;
  }

  void scatter_across(std::size_t d, std::size_t i) {
    sources_.clear();
    destinations_.clear();
    for (std::size_t k = 1; k < count(); ++k) {
      const std::size_t e = (d + k) % count();
      if (piece_of(i, e).count == 0) continue;
      sources_.push_back(part(at(d, i).output, piece_of(i, e)));
      destinations_.push_back(slot(e, i, d));
    }
    if (sources_.empty()) return;
    const Dep before = dep(op(reduced_, d, i));
    op(scattered_, d, i) =
        builder_.copy(nics_[d * members() + i], sources_, destinations_, std::span(&before, 1));
  }

  void sum_pieces(std::size_t d, std::size_t i) {
    const Share own = piece_of(i, d);
    if (own.count == 0) return;
    const Slice sum = part(at(d, i).output, own);
    sources_.clear();
    deps_.clear();
    for (std::size_t e = 0; e < count(); ++e) sources_.push_back(e == d ? sum : slot(d, i, e));
    wait_for(scattered_, d, i);
    op(summed_, d, i) =
        builder_.reduce(at(d, i).lane, Operator::sum, sources_, std::span(&sum, 1), deps_);
  }

  void gather_across(std::size_t d, std::size_t i) {
    const Share own = piece_of(i, d);
    if (own.count == 0) return;
    destinations_.clear();
    for (std::size_t k = 1; k < count(); ++k)
      destinations_.push_back(part(at((d + k) % count(), i).output, own));
    const Slice sum = part(at(d, i).output, own);
    const Dep before = dep(op(summed_, d, i));
    op(gathered_, d, i) = builder_.copy(nics_[d * members() + i], std::span(&sum, 1), destinations_,
                                        std::span(&before, 1));
  }

  void fetch_other_shares(std::size_t d, std::size_t i) {
    sources_.clear();
    destinations_.clear();
    for (std::size_t k = 1; k < members(); ++k) {
      const std::size_t owner = (i + k) % members();
      if (share_of(owner).count == 0) continue;
      sources_.push_back(part(at(d, owner).output, share_of(owner)));
      destinations_.push_back(part(at(d, i).output, share_of(owner)));
    }
    if (!sources_.empty()) builder_.copy(at(d, i).lane, sources_, destinations_, {});
  }

  PlanBuilder& builder_;
  const CollectiveRequest& request_;
  int element_size_;
  GroupFrame frame_;
  Domains domains_;
  std::vector<GroupId> groups_;                                // by domain
  std::vector<LaneId> nics_;                                   // by domain and member, as the rest
  std::vector<BufferId> arrived_;                              // scratch
  std::vector<OpId> reduced_, scattered_, summed_, gathered_;  // invalid: nothing to do
  std::vector<Slice> sources_, destinations_;                  // of the op being made
  std::vector<Dep> deps_;
};

// What the longest chain and the busiest member move, in bytes; all 0 where n is.
struct Moved {
  std::int64_t share, smallest_share, piece, smallest_piece;
};

Moved moved(const CollectiveRequest& request, const Size& size) {
  const std::int64_t element = size_of(request.element);
  const std::int64_t largest = share(0, size.members, elements_of(request)).count;
  return {largest * element, smallest_share(request, size.members).count,
          share(0, size.domains, largest).count * element,
          share(size.domains - 1, size.domains, largest).count * element};
}

std::int64_t messages(const CollectiveRequest& request, const Size& size) {
  const std::int64_t n = elements_of(request);
  std::int64_t across = 0;
  for (std::int64_t i = 0; i < size.members; ++i)
    across += std::min(size.domains, share(i, size.members, n).count);
  return 2 * std::min(size.members, n) * (size.members - 1) * size.domains +
         2 * across * (size.domains - 1);
}

AlgorithmCounts counts_of_group(const CollectiveRequest& request, const Size& size) {
  if (request.bytes.count == 0) return {};
  const Moved m = moved(request, size);
  const std::int64_t inside = size.members - 1, outside = size.domains - 1;
  // Position 0 of the first domain: a largest share, and of it a largest piece.
  const Bytes most{inside * m.share + outside * m.piece + (m.share - m.piece) +
                   (request.bytes.count - m.share)};
  return {2 * (inside > 0 ? 1 : 0) + 2 * (outside > 0 ? 1 : 0), messages(request, size), most, most,
          inside + outside};
}

double time_of_group(const CollectiveRequest& request, const Size& size,
                     const AlphaBetaGamma& costs) {
  if (request.bytes.count == 0) return 0;
  const Moved m = moved(request, size);
  const std::int64_t inside = size.members - 1, outside = size.domains - 1;
  std::int64_t sent = inside * m.share, steps = 0;
  if (inside > 0) steps += 2, sent += request.bytes.count - m.smallest_share;
  if (outside > 0) steps += 2, sent += m.share - m.smallest_piece + outside * m.piece;
  const std::int64_t combined = inside * m.share + outside * m.piece;
  return static_cast<double>(steps) * costs.alpha + static_cast<double>(sent) * costs.beta +
         static_cast<double>(combined) * costs.gamma;
}

}  // namespace

Plan build_all_reduce_hierarchical(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "hierarchical");
  builder.reserve_ops(plan_size_all_reduce_hierarchical(request));
  for (const std::vector<Rank>& ranks : groups_of(request))
    Hierarchical(builder, request, ranks).build();
  return builder.finish();
}

AlgorithmCounts counts_all_reduce_hierarchical(const CollectiveRequest& request) {
  AlgorithmCounts all;
  for (const std::vector<Rank>& ranks : groups_of(request)) {
    const AlgorithmCounts one = counts_of_group(request, size_of_group(request, ranks));
    all = {std::max(all.rounds, one.rounds), all.messages + one.messages,
           std::max(all.bytes_in, one.bytes_in), std::max(all.bytes_out, one.bytes_out),
           std::max(all.applications, one.applications)};
  }
  return all;
}

double closed_form_all_reduce_hierarchical(const CollectiveRequest& request,
                                           const AlphaBetaGamma& costs) {
  double slowest = 0;
  for (const std::vector<Rank>& ranks : groups_of(request))
    slowest = std::max(slowest, time_of_group(request, size_of_group(request, ranks), costs));
  return slowest;
}

OpCounts plan_size_all_reduce_hierarchical(const CollectiveRequest& request) {
  // No more than if every member had all others in its domain and across it.
  return sum_of_groups(request, [&](std::size_t members) -> OpCounts {
    const bool across = !request.domain_of_rank.empty();
    const std::size_t pairs = members * members;
    return {(across ? 7 : 4) * members, (across ? 6 : 3) * pairs + 4 * members,
            across ? 2 * pairs + 2 * members : 0};
  });
}

std::string refuses_all_reduce_hierarchical(const CollectiveRequest& request) {
  for (const std::vector<Rank>& ranks : groups_of(request)) {
    const Domains domains = domains_of(request, ranks);
    for (const std::vector<std::size_t>& domain : domains)
      if (domain.size() != domains.front().size())
        return "hierarchical needs equally many ranks of a group in each NVLink domain; here one "
               "has " +
               std::to_string(domains.front().size()) + " and another " +
               std::to_string(domain.size()) +
               ", so shares of equal positions differ. Use \"ring\", or groups of equal parts";
  }
  return "";
}

}  // namespace twinlink::models
