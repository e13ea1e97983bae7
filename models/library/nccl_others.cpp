// Trees, in-switch collectives and pairs.
#include <algorithm>

#include "models/library/nccl_layout.h"
#include "models/library/nccl_subplan.h"
#include "models/plan/ceil_div.h"

namespace twinlink::models {
namespace {

constexpr int kPairChannels = 32;  // of all pairs together

// A chain through each domain, its first members in a binary tree. Sums flow up and results down,
// each into NCCL's buffers at the receiver (one per neighbour), who carries them on and out; a
// channel has a lane for each direction. NCCL's stages: up send, recvReduceSend; at the root
// recvReduceCopySend; down recvCopySend, at a leaf recv.
class Tree {
 public:
  Tree(Plan& plan, NcclCall& call)
      : sub_(plan, call, {call.choice.channels, 1, 2}),
        call_(call),
        channels_(call.choice.channels),
        parent_(sub_.size(), kNone),
        children_(sub_.size()) {
    find_parents();
    for (std::size_t m = 0; m < sub_.size(); ++m) {
      const Bytes size = call.members[m].in.size;
      const bool root = m == root_;
      up_.push_back(root ? BufferId{} : sub_.add_staging(parent_[m], size, "nccl buffers"));
      down_.push_back(root ? BufferId{} : sub_.add_staging(m, size, "nccl buffers"));
    }
    const std::int64_t bytes = ceil_div(call.members[0].in.size.count, channels_);
    const std::int64_t chunk = std::max<std::int64_t>(1, call.choice.chunk.count);
    pieces_ = std::max<std::int64_t>(1, ceil_div(bytes, chunk));
  }

  void run() {
    for (channel_ = 0; channel_ < channels_; ++channel_)
      for (piece_ = 0; piece_ < pieces_; ++piece_) run_piece();
    sub_.finish();
  }

 private:
  static constexpr std::size_t kNone = ~std::size_t{0};

  void find_parents() {
    std::vector<std::size_t> leaders;
    std::vector<std::size_t> last;  // of each domain's chain
    std::vector<std::int32_t> domains;
    for (std::size_t m = 0; m < sub_.size(); ++m) {
      const auto found = std::find(domains.begin(), domains.end(), call_.domain[m]);
      const auto d = static_cast<std::size_t>(found - domains.begin());
      if (found != domains.end()) {
        set_parent(m, last[d]);
        last[d] = m;
        continue;
      }
      domains.push_back(call_.domain[m]);
      last.push_back(m);
      if (!leaders.empty()) set_parent(m, leaders[(leaders.size() - 1) / 2]);
      leaders.push_back(m);
    }
  }
  // Parents come before their children, so members in reverse order go up.
  void set_parent(std::size_t m, std::size_t parent) {
    parent_[m] = parent;
    children_[parent].push_back(m);
  }

  [[nodiscard]] Slice piece(const Slice& whole) const {
    return sub_.part(sub_.part(whole, channel_, channels_), piece_, pieces_);
  }
  [[nodiscard]] Slice staged(BufferId buffer, std::size_t child) const {
    return piece({buffer, 0, {}, sub_.member(child).in.size});
  }

  void run_piece() {
    std::vector<OpId> up(sub_.size()), down(sub_.size());
    for (std::size_t m = sub_.size(); m-- > 0;) up[m] = send_up(m, up);
    down[root_] = up[root_];
    for (std::size_t m = 0; m < sub_.size(); ++m)
      if (m != root_) down[m] = send_down(m, down[parent_[m]]);
  }

  OpId send_up(std::size_t m, const std::vector<OpId>& up) {
    std::vector<Slice> from{piece(sub_.member(m).in)};
    std::vector<OpId> after;
    for (const std::size_t child : children_[m]) {
      from.push_back(staged(up_[child], child));
      after.push_back(up[child]);
    }
    const std::vector<Slice> to = m == root_ ? outputs(m) : std::vector<Slice>{staged(up_[m], m)};
    return sub_.move({m, channel_}, from, to, after);
  }

  OpId send_down(std::size_t m, OpId before) {
    const Slice from = staged(down_[m], m);
    return sub_.move({m, channels_ + channel_}, std::span(&from, 1), outputs(m),
                     std::span(&before, 1));
  }

  [[nodiscard]] std::vector<Slice> outputs(std::size_t m) const {
    std::vector<Slice> to{piece(sub_.member(m).out)};
    for (const std::size_t child : children_[m]) to.push_back(staged(down_[child], child));
    return to;
  }

  NcclSubplan sub_;
  NcclCall& call_;
  int channels_;
  std::size_t root_ = 0;
  std::vector<std::size_t> parent_;
  std::vector<std::vector<std::size_t>> children_;
  std::vector<BufferId> up_;    // at the parent, by child
  std::vector<BufferId> down_;  // at the child
  int channel_ = 0;
  std::int64_t piece_ = 0, pieces_ = 1;
};

// In-switch sums and multicasts, loop by loop: each member copies a chunk of every head's part into
// the multicast buffer, the heads have the switch add and multicast theirs, and everyone copies
// out.
class Nvls {
 public:
  Nvls(Plan& plan, NcclCall& call) : sub_(plan, call, shape_of(call)), call_(call) {
    heads_ = std::min<std::size_t>(sub_.size(), 32);
    Bytes all;
    for (const CallMember& member : call.members) {
      offsets_.push_back(all);
      all += member.in.size;
    }
    const bool gathers = call.operation == Operation::all_gather;
    bytes_ = gathers ? all : call.members[0].in.size;
    for (std::size_t m = 0; m < sub_.size(); ++m)
      buffers_.push_back(sub_.add_staging(m, bytes_, "nccl multicast"));
    const std::int64_t part = ceil_div(bytes_.count, static_cast<std::int64_t>(heads_));
    const std::int64_t at_once = call.choice.channels * call.choice.chunk.count;
    loops_ = std::max<std::int64_t>(1, ceil_div(part, std::max<std::int64_t>(1, at_once)));
  }

  void run() {
    for (loop_ = 0; loop_ < loops_; ++loop_) run_loop();
    sub_.finish();
  }

 private:
  static constexpr int kRoles = 3;  // lanes: copy in, switch, copy out

  static NcclSubplan::Shape shape_of(const NcclCall& call) {
    const NvlsThreads threads = nccl_nvls_threads(call.operation, call.members.size());
    return {
        1, call.choice.channels, kRoles, {threads.copy_in, threads.in_switch, threads.copy_out}};
  }

  // What of a whole buffer head h handles in this loop.
  [[nodiscard]] Slice of_head(const Slice& whole, std::size_t h) const {
    if (call_.operation == Operation::all_gather) {
      const Slice mine{whole.buffer, 0, whole.offset + offsets_[h], sub_.member(h).in.size};
      return sub_.part(mine, loop_, loops_);
    }
    const auto heads = static_cast<std::int64_t>(heads_);
    return sub_.part(sub_.part(whole, static_cast<std::int64_t>(h), heads), loop_, loops_);
  }
  [[nodiscard]] Slice staged(std::size_t m, std::size_t h) const {
    return of_head({buffers_[m], 0, {}, bytes_}, h);
  }

  void run_loop() {
    std::vector<OpId> filled, summed;
    if (call_.operation != Operation::all_gather)
      for (std::size_t m = 0; m < sub_.size(); ++m) filled.push_back(copy_in(m));
    for (std::size_t h = 0; h < heads_; ++h) summed.push_back(in_switch(h, filled));
    if (call_.operation == Operation::reduce_scatter) return;
    for (std::size_t m = 0; m < sub_.size(); ++m) copy_out(m, summed);
  }

  OpId copy_in(std::size_t m) {
    std::vector<Slice> from, to;
    for (std::size_t h = 0; h < heads_; ++h) {
      from.push_back(of_head(sub_.member(m).in, h));
      to.push_back(staged(m, h));
    }
    return sub_.copies({m, 0}, from, to, {});
  }

  OpId in_switch(std::size_t h, const std::vector<OpId>& filled) {
    std::vector<Slice> all;
    for (std::size_t m = 0; m < sub_.size(); ++m) all.push_back(staged(m, h));
    if (call_.operation == Operation::all_gather) {
      const Slice own = sub_.part(sub_.member(h).in, loop_, loops_);
      return sub_.multimem({h, 1}, std::span(&own, 1), all, {});
    }
    if (call_.operation == Operation::all_reduce) return sub_.multimem({h, 1}, all, all, filled);
    const Slice own = sub_.part(sub_.member(h).out, loop_, loops_);
    return sub_.multimem({h, 1}, all, std::span(&own, 1), filled);
  }

  void copy_out(std::size_t m, const std::vector<OpId>& summed) {
    std::vector<Slice> from, to;
    for (std::size_t h = 0; h < heads_; ++h) {
      from.push_back(staged(m, h));
      to.push_back(of_head(sub_.member(m).out, h));
    }
    sub_.copies({m, 2}, from, to, summed);
  }

  NcclSubplan sub_;
  NcclCall& call_;
  std::size_t heads_ = 1;
  std::vector<Bytes> offsets_;
  Bytes bytes_;
  std::vector<BufferId> buffers_;
  std::int64_t loop_ = 0, loops_ = 1;
};

// Every member sends to each peer over that pair's channels, as many peers at once as there are
// channels for. Sends and receives are warps of their own in the channels' CTAs, so a receiver
// copies a chunk out of NCCL's buffers while the next arrives; so are those that copy what a member
// sends to itself.
class Pairs {
 public:
  enum class Role { send, receive, own };
  static constexpr int kRoles = 3;

  Pairs(Plan& plan, NcclCall& call)
      : call_(call),
        shifts_(call.operation == Operation::sendrecv),
        at_once_(peers_at_once(call)),
        lanes_(lanes_of_pair(call)),
        sub_(plan, call, shape()),
        staging_(call.members.size()) {
    for (std::size_t m = 0; m < n() && n() > 1; ++m)
      staging_[m] = sub_.add_staging(m, sub_.member(m).out.size, "nccl buffers");
  }

  void run() {
    if (!shifts_ || n() == 1) keep_own();
    const std::size_t farthest = shifts_ ? std::min<std::size_t>(2, n()) : n();
    for (std::size_t distance = 1; distance < farthest; ++distance) exchange(distance);
    sub_.finish();
  }

 private:
  [[nodiscard]] std::size_t n() const { return call_.members.size(); }

  static int peers_at_once(const NcclCall& call) {
    if (call.operation == Operation::sendrecv) return 1;
    const int others = std::max(1, static_cast<int>(call.members.size()) - 1);
    return std::min(others, std::max(1, kPairChannels / call.choice.channels));
  }

  static std::int64_t pieces_of(const NcclCall& call, Bytes size) {
    const std::int64_t at_once = call.choice.channels * call.choice.chunk.count;
    return std::max<std::int64_t>(1, ceil_div(size.count, std::max<std::int64_t>(1, at_once)));
  }

  // A lane for each of a pair's channels, if that does not make too many ops.
  static int lanes_of_pair(const NcclCall& call) {
    const auto members = static_cast<std::int64_t>(call.members.size());
    const std::int64_t ops = 2 * members * pieces_of(call, call.members[0].in.size);
    const std::int64_t most = std::max<std::int64_t>(1, NcclSubplan::kMostOps / ops);
    return static_cast<int>(std::min<std::int64_t>(call.choice.channels, most));
  }

  [[nodiscard]] NcclSubplan::Shape shape() const {
    return {at_once_ * lanes_, static_cast<int>(ceil_div(call_.choice.channels, lanes_)), kRoles};
  }

  // What member m has for peer.
  [[nodiscard]] Slice sent(std::size_t m, std::size_t peer) const {
    const Slice& in = sub_.member(m).in;
    if (shifts_) return in;
    return sub_.part(in, static_cast<std::int64_t>(peer), static_cast<std::int64_t>(n()));
  }

  // Where a peer keeps it: blocks in the order of senders.
  [[nodiscard]] Bytes offset(std::size_t m, std::size_t peer) const {
    Bytes before;
    for (std::size_t other = 0; other < m && !shifts_; ++other) before += sent(other, peer).size;
    return before;
  }

  [[nodiscard]] int lane(Role role, std::size_t distance) const {
    const int slot = distance == 0 ? 0 : static_cast<int>(distance - 1) % at_once_;
    return (static_cast<int>(role) * at_once_ + slot) * lanes_;
  }

  void keep_own() {
    for (std::size_t m = 0; m < n(); ++m) {
      const Slice whole = sent(m, m);
      const Slice& out = sub_.member(m).out;
      const Slice to{out.buffer, 0, out.offset + offset(m, m), whole.size};
      for (int i = 0; i < lanes_; ++i)
        copy({m, lane(Role::own, 0) + i}, sub_.part(whole, i, lanes_), sub_.part(to, i, lanes_),
             {});
    }
  }

  // Everyone with the member so far to the right of it.
  void exchange(std::size_t distance) {
    std::int64_t pieces = 1;
    for (std::size_t m = 0; m < n(); ++m)
      pieces = std::max(pieces, pieces_of(call_, sent(m, (m + distance) % n()).size));
    for (int i = 0; i < lanes_; ++i)
      for (std::int64_t p = 0; p < pieces; ++p)
        for (std::size_t m = 0; m < n(); ++m)
          carry(
              m, distance,
              [&](const Slice& s) { return sub_.part(sub_.part(s, i, lanes_), p, pieces); }, i);
  }

  template <class Piece>
  void carry(std::size_t m, std::size_t distance, Piece piece, int i) {
    const std::size_t peer = (m + distance) % n();
    const Slice whole = sent(m, peer);
    const Bytes at = offset(m, peer);
    const Slice& out = sub_.member(peer).out;
    const Slice staged = piece({staging_[peer], 0, at, whole.size});
    const OpId sent_op = copy({m, lane(Role::send, distance) + i}, piece(whole), staged, {});
    copy({peer, lane(Role::receive, distance) + i}, staged,
         piece({out.buffer, 0, out.offset + at, whole.size}), std::span(&sent_op, 1));
  }

  OpId copy(const NcclSubplan::Place& place, const Slice& from, const Slice& to,
            std::span<const OpId> after) {
    return sub_.move(place, std::span(&from, 1), std::span(&to, 1), after);
  }

  NcclCall& call_;
  bool shifts_;
  int at_once_, lanes_;
  NcclSubplan sub_;
  std::vector<BufferId> staging_;
};

}  // namespace

void lower_tree(Plan& plan, NcclCall& call) { Tree(plan, call).run(); }

void lower_nvls(Plan& plan, NcclCall& call) { Nvls(plan, call).run(); }

void lower_pairs(Plan& plan, NcclCall& call) { Pairs(plan, call).run(); }

}  // namespace twinlink::models
