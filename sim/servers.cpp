#include "sim/servers.h"

#include <algorithm>
#include <cmath>

namespace twinlink::sim {
namespace {

constexpr double kNoise = 0x1p-50;  // relative rounding noise of a virtual time

bool is_due(double key, double time) { return key - time <= key * (2 * kNoise); }

std::int32_t other_of(const FlowClass& c) {
  if (!c.pair) return kNobody;
  return c.uses[0].resource == c.owner ? c.uses[1].resource : c.uses[0].resource;
}

}  // namespace

Servers::Servers(FlowTable& table, std::size_t resources)
    : table_(table),
      resources_(static_cast<std::int32_t>(resources)),
      all_(3 * resources + 1),
      end_(all_.size(), kNever),
      block_end_((all_.size() + kBlock - 1) / kBlock, kNever),
      block_stale_(block_end_.size(), 0) {
  all_.back().rate = 1;
}

std::int64_t Servers::end_of(const Server& s) {
  if (s.heap.empty() || s.rate <= 0) return kNever;
  const double key = s.heap.front().key;
  const double wait = std::ceil(std::max(0.0, key - s.time - key * kNoise) / s.rate);
  constexpr double kTooFar = 0x1p62;
  return wait < kTooFar ? s.since + static_cast<std::int64_t>(wait) : kNever;
}

void Servers::touch(std::int32_t server) {
  Server& s = all_[static_cast<std::size_t>(server)];
  if (s.stale) return;
  s.stale = true;
  stale_.push_back(server);
}

void Servers::set_rate(std::int32_t server, double rate, Duration now) {
  Server& s = all_[static_cast<std::size_t>(server)];
  s.time = s.heap.empty() ? 0 : now_at(s, now);
  s.since = now.ps;
  s.rate = rate;
  touch(server);
}

double Servers::served(std::int32_t c, Duration now) const {
  const FlowClass& cls = table_[c];
  const Server& s = all_[static_cast<std::size_t>(cls.server)];
  return (now_at(s, now) - cls.base) * cls.speed;
}

void Servers::attach(std::int32_t c, std::int32_t server, double served, Duration now) {
  FlowClass& cls = table_[c];
  Server& s = all_[static_cast<std::size_t>(server)];
  cls.server = server;
  cls.base = now_at(s, now) - served / cls.speed;
  const Entry entry{cls.base + table_.first_mark(c) / cls.speed, c, other_of(cls)};
  s.heap.push_back(entry);
  sift(s, s.heap.size() - 1, entry);
  touch(server);
}

void Servers::detach(std::int32_t c) {
  FlowClass& cls = table_[c];
  Server& s = all_[static_cast<std::size_t>(cls.server)];
  const auto place = static_cast<std::size_t>(cls.place);
  const Entry last = s.heap.back();
  s.heap.pop_back();
  if (place < s.heap.size()) sift(s, place, last);
  touch(cls.server);
  cls.server = kNobody;
}

void Servers::update_first(std::int32_t c) {
  const FlowClass& cls = table_[c];
  Server& s = all_[static_cast<std::size_t>(cls.server)];
  const auto place = static_cast<std::size_t>(cls.place);
  sift(s, place, {cls.base + table_.first_mark(c) / cls.speed, c, s.heap[place].other});
  touch(cls.server);
}

void Servers::put(Server& s, std::size_t place, const Entry& entry) {
  s.heap[place] = entry;
  table_[entry.cls].place = static_cast<std::int32_t>(place);
}

// Puts `entry` where it belongs, up or down from the hole at `place`.
void Servers::sift(Server& s, std::size_t place, const Entry& entry) {
  constexpr std::size_t kWays = 4;
  for (; place > 0 && entry.key < s.heap[(place - 1) / kWays].key; place = (place - 1) / kWays)
    put(s, place, s.heap[(place - 1) / kWays]);
  for (std::size_t child = place * kWays + 1; child < s.heap.size(); child = place * kWays + 1) {
    const std::size_t end = std::min(child + kWays, s.heap.size());
    for (std::size_t other = child + 1; other < end; ++other)
      if (s.heap[other].key < s.heap[child].key) child = other;
    if (entry.key <= s.heap[child].key) break;
    put(s, place, s.heap[child]);
    place = child;
  }
  put(s, place, entry);
}

void Servers::refresh() {
  for (const std::int32_t server : stale_) {
    Server& s = all_[static_cast<std::size_t>(server)];
    s.stale = false;
    set_end(server, end_of(s));
  }
  if (stale_.empty()) return;
  stale_.clear();
  for (std::size_t b = 0; b < block_end_.size(); ++b) {
    if (block_stale_[b] == 0) continue;
    block_stale_[b] = 0;
    const auto first = end_.begin() + static_cast<std::ptrdiff_t>(b * kBlock);
    const auto last = std::min(first + kBlock, end_.end());
    block_end_[b] = *std::min_element(first, last);
  }
  next_end_ = *std::min_element(block_end_.begin(), block_end_.end());
}

void Servers::set_end(std::int32_t server, std::int64_t end) {
  const auto i = static_cast<std::size_t>(server);
  if (end_[i] == end) return;
  end_[i] = end;
  block_stale_[i / kBlock] = 1;
}

std::int32_t Servers::ended(Duration now) {
  for (std::size_t b = 0; b < block_end_.size(); ++b) {
    if (block_end_[b] > now.ps) continue;
    const std::size_t end = std::min((b + 1) * kBlock, end_.size());
    for (std::size_t i = b * kBlock; i < end; ++i) {
      const Server& s = all_[i];
      if (end_[i] > now.ps || s.heap.empty()) continue;
      // The first one is due by its end time; others that the noise let slip follow it.
      if (!s.stale || is_due(s.heap.front().key, now_at(s, now))) return s.heap.front().cls;
    }
  }
  return kNobody;
}

std::size_t Servers::memory_bytes() const {
  std::size_t total = all_.capacity() * sizeof(Server) + stale_.capacity() * sizeof(std::int32_t) +
                      (end_.capacity() + block_end_.capacity()) * sizeof(std::int64_t);
  for (const Server& s : all_) total += s.heap.capacity() * sizeof(Entry);
  return total;
}

}  // namespace twinlink::sim
