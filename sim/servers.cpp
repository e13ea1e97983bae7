#include "sim/servers.h"

#include <algorithm>

namespace twinlink::sim {
namespace {

std::int32_t other_of(const FlowClass& c) { return c.pair ? c.other_than(c.owner) : kNobody; }

}  // namespace

Servers::Servers(FlowTable& table, std::size_t resources)
    : table_(table),
      resources_(static_cast<std::int32_t>(resources)),
      all_(2 * resources + 1),
      block_end_((all_.size() + kBlock - 1) / kBlock, kNever),
      block_stale_(block_end_.size(), 0) {
  since_.resize(block_end_.size());
  for (auto* const column : {&time_, &rate_, &wait_}) column->resize(since_.size() * kBlock);
  head_.resize(since_.size() * kBlock, kUnlimited);
  rate_[static_cast<std::size_t>(clock())] = 1;
}

void Servers::advance(std::size_t block, Duration now) {
  const auto step = static_cast<double>(now.ps - since_[block]);
  double* const time = time_.data() + block * kBlock;
  const double* const rate = rate_.data() + block * kBlock;
  for (std::size_t i = 0; i < kBlock; ++i) time[i] += rate[i] * step;
  since_[block] = now.ps;
}

// Fills wait_ of the block. Idle servers wait for ever; 0 / 0, a server that never ran, is no end.
std::int64_t Servers::end_of_block(std::size_t block) {
  const double* const time = time_.data() + block * kBlock;
  const double* const rate = rate_.data() + block * kBlock;
  const double* const head = head_.data() + block * kBlock;
  double* const wait = wait_.data() + block * kBlock;
  for (std::size_t i = 0; i < kBlock; ++i) {
    const double left = head[i] * (1 - kNoise) - time[i];
    wait[i] = (left > 0 ? left : 0) / rate[i];
  }
  constexpr std::size_t kChains = 4;  // independent minima hide the latency of a comparison
  double least[kChains] = {kUnlimited, kUnlimited, kUnlimited, kUnlimited};
  for (std::size_t i = 0; i < kBlock; i += kChains)
    for (std::size_t k = 0; k < kChains; ++k) least[k] = std::min(least[k], wait[i + k]);
  const double first = std::min(std::min(least[0], least[1]), std::min(least[2], least[3]));
  constexpr double kTooFar = 0x1p62;
  if (!(first < kTooFar)) return kNever;
  const auto whole = static_cast<std::int64_t>(first);
  return since_[block] + whole + (static_cast<double>(whole) < first ? 1 : 0);
}

void Servers::touch(std::int32_t server) {
  Server& s = all_[static_cast<std::size_t>(server)];
  head_[static_cast<std::size_t>(server)] = s.keys.empty() ? kUnlimited : s.keys[0];
  block_stale_[static_cast<std::size_t>(server) / kBlock] = 1;
  if (s.stale) return;
  s.stale = true;
  stale_.push_back(server);
}

double Servers::served(std::int32_t c, Duration now) const {
  const FlowClass& cls = table_[c];
  if (cls.server == kNobody) return cls.base;
  return (now_at(cls.server, now) - cls.base) * cls.speed;
}

void Servers::park(std::int32_t c, double served) { table_[c].base = served; }

void Servers::attach(std::int32_t c, std::int32_t server, double served, Duration now) {
  FlowClass& cls = table_[c];
  cls.server = server;
  cls.base = now_at(server, now) - served / cls.speed;
  insert(server, {cls.base + table_.first_mark(c) / cls.speed, c, other_of(cls)});
}

void Servers::transfer(std::int32_t c, std::int32_t server, std::int32_t other, Duration now) {
  FlowClass& cls = table_[c];
  const Server& from = all_[static_cast<std::size_t>(cls.server)];
  const double shift = now_at(server, now) - now_at(cls.server, now);
  const double key = from.keys[static_cast<std::size_t>(place_[static_cast<std::size_t>(c)])];
  detach(c);
  cls.server = server;
  cls.base += shift;
  insert(server, {key + shift, c, other});
}

void Servers::insert(std::int32_t server, const Item& item) {
  const auto c = static_cast<std::size_t>(item.cls);
  if (c >= place_.size()) place_.resize(c + 1);
  Server& s = all_[static_cast<std::size_t>(server)];
  s.keys.push_back(item.key);
  s.classes.push_back(item.cls);
  s.others.push_back(item.other);
  sift(s, s.keys.size() - 1, item);
  touch(server);
}

void Servers::detach(std::int32_t c) {
  FlowClass& cls = table_[c];
  if (cls.server == kNobody) return;
  Server& s = all_[static_cast<std::size_t>(cls.server)];
  const auto place = static_cast<std::size_t>(place_[static_cast<std::size_t>(c)]);
  const Item last = item_at(s, s.keys.size() - 1);
  s.keys.pop_back();
  s.classes.pop_back();
  s.others.pop_back();
  if (place < s.keys.size()) sift(s, place, last);
  touch(cls.server);
  cls.server = kNobody;
}

void Servers::update_first(std::int32_t c) {
  const FlowClass& cls = table_[c];
  if (cls.server == kNobody) return;
  Server& s = all_[static_cast<std::size_t>(cls.server)];
  const auto place = static_cast<std::size_t>(place_[static_cast<std::size_t>(c)]);
  sift(s, place, {cls.base + table_.first_mark(c) / cls.speed, c, s.others[place]});
  touch(cls.server);
}

void Servers::put(Server& s, std::size_t place, const Item& item) {
  s.keys[place] = item.key;
  s.classes[place] = item.cls;
  s.others[place] = item.other;
  place_[static_cast<std::size_t>(item.cls)] = static_cast<std::int32_t>(place);
}

// Puts the item where it belongs, up or down from the hole at `place`.
void Servers::sift(Server& s, std::size_t place, const Item& item) {
  constexpr std::size_t kWays = 4;
  for (; place > 0 && item.key < s.keys[(place - 1) / kWays]; place = (place - 1) / kWays)
    put(s, place, item_at(s, (place - 1) / kWays));
  for (std::size_t child = place * kWays + 1; child < s.keys.size(); child = place * kWays + 1) {
    const std::size_t end = std::min(child + kWays, s.keys.size());
    for (std::size_t other = child + 1; other < end; ++other)
      if (s.keys[other] < s.keys[child]) child = other;
    if (item.key <= s.keys[child]) break;
    put(s, place, item_at(s, child));
    place = child;
  }
  put(s, place, item);
}

void Servers::refresh() {
  for (const std::int32_t server : stale_) all_[static_cast<std::size_t>(server)].stale = false;
  stale_.clear();
  for (std::size_t b = 0; b < block_end_.size(); ++b) {
    if (block_stale_[b] == 0) continue;
    block_stale_[b] = 0;
    block_end_[b] = end_of_block(b);
  }
  next_end_ = *std::min_element(block_end_.begin(), block_end_.end());
  ended_block_ = 0;
}

std::int32_t Servers::ended(Duration now) {
  for (std::size_t& b = ended_block_; b < block_end_.size(); ++b) {
    if (block_end_[b] > now.ps) continue;
    const std::size_t end = std::min((b + 1) * kBlock, all_.size());
    const auto passed = static_cast<double>(now.ps - since_[b]);
    for (std::size_t i = b * kBlock; i < end; ++i) {
      const Server& s = all_[i];
      if (!(wait_[i] <= passed) || s.keys.empty()) continue;
      // The first one is due by its end time; others that the noise let slip follow it.
      const double key = s.keys.front();
      const double time = now_at(static_cast<std::int32_t>(i), now);
      if (!s.stale || key - time <= key * (2 * kNoise)) return s.classes.front();
    }
  }
  return kNobody;
}

std::size_t Servers::memory_bytes() const {
  std::size_t total = all_.capacity() * sizeof(Server) + 4 * time_.capacity() * sizeof(double) +
                      (stale_.capacity() + place_.capacity()) * sizeof(std::int32_t) +
                      (since_.capacity() + block_end_.capacity()) * sizeof(std::int64_t);
  for (const Server& s : all_)
    total += s.keys.capacity() * sizeof(double) +
             (s.classes.capacity() + s.others.capacity()) * sizeof(std::int32_t);
  return total;
}

}  // namespace twinlink::sim
