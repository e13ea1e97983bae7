#pragma once
// Virtual clocks: many classes of flows that run at a common level, timed without touching each.
//
// A server has a rate; its virtual time V grows by rate x dt (dt in ps). A class attached to it
// serves speed x dV bytes to each of its flows, so it ends a flow at a fixed V = base + mark /
// speed, however often the rate changes: a change costs O(1), not O(classes). Per resource there is
// a server whose rate is the resource's level (hard) and one whose rate is its soft factor (soft);
// and one clock whose rate is 1, for flows that nothing but their cap limits. A soft class waits
// unattached (parked) while a solve is under way. End times are whole ps, rounded up; a part in
// 2^50 below is taken as rounding noise.
#include <cstdint>
#include <vector>

#include "sim/flow_table.h"
#include "topology/units.h"

namespace twinlink::sim {

class Servers {
 public:
  static constexpr std::int64_t kNever = INT64_MAX;

  Servers(FlowTable& table, std::size_t resources);
  [[nodiscard]] std::int32_t hard(std::int32_t resource) const { return resource; }
  [[nodiscard]] std::int32_t soft(std::int32_t resource) const { return resources_ + resource; }
  [[nodiscard]] std::int32_t clock() const { return 2 * resources_; }

  // The classes attached to a server.
  [[nodiscard]] const std::vector<std::int32_t>& classes(std::int32_t server) const {
    return all_[static_cast<std::size_t>(server)].classes;
  }
  // Parallel to the classes of a hard server: for pairs the resource that is not the server's, else
  // kNobody.
  [[nodiscard]] const std::vector<std::int32_t>& others(std::int32_t server) const {
    return all_[static_cast<std::size_t>(server)].others;
  }
  void set_rate(std::int32_t server, double rate, Duration now) {
    const auto s = static_cast<std::size_t>(server);
    const std::size_t block = s / kBlock;
    if (since_[block] != now.ps) advance(block, now);
    if (head_[s] == kUnlimited) time_[s] = 0;
    rate_[s] = rate;
    block_stale_[block] = 1;
  }
  // Bytes served to each flow of the class since it became active.
  [[nodiscard]] double served(std::int32_t c, Duration now) const;
  void attach(std::int32_t c, std::int32_t server, double served, Duration now);
  void detach(std::int32_t c);
  // Remembers what was served until the next attach.
  void park(std::int32_t c, double served);
  // From one server to another at unchanged speed, as detach and attach but cheaper.
  void transfer(std::int32_t c, std::int32_t server, std::int32_t other, Duration now);
  // After the first flow of the class changed.
  void update_first(std::int32_t c);
  // Recomputes the end times of servers that changed.
  void refresh();
  [[nodiscard]] std::int64_t next_end() const { return next_end_; }
  // A class whose first flow has ended at `now`, kNobody if none. Call until kNobody, updating or
  // detaching the class in between.
  std::int32_t ended(Duration now);
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  struct Server {              // a heap by key, in columns
    std::vector<double> keys;  // V at which the first flow of the class ends
    std::vector<std::int32_t> classes;
    std::vector<std::int32_t> others;
    bool stale = false;
  };
  struct Item {
    double key;
    std::int32_t cls, other;
  };
  static constexpr std::size_t kBlock = 32;

  static constexpr double kNoise = 0x1p-50;  // relative rounding noise of a virtual time

  [[nodiscard]] double now_at(std::int32_t server, Duration now) const {
    const auto s = static_cast<std::size_t>(server);
    return time_[s] + rate_[s] * static_cast<double>(now.ps - since_[s / kBlock]);
  }
  void advance(std::size_t block, Duration now);
  [[nodiscard]] std::int64_t end_of_block(std::size_t block);
  void touch(std::int32_t server);
  void put(Server& s, std::size_t place, const Item& item);
  void sift(Server& s, std::size_t place, const Item& item);
  void insert(std::int32_t server, const Item& item);
  [[nodiscard]] static Item item_at(const Server& s, std::size_t place) {
    return {s.keys[place], s.classes[place], s.others[place]};
  }

  FlowTable& table_;
  std::int32_t resources_;
  std::vector<Server> all_;
  // Clocks, per server, in blocks that are advanced and searched together: the compiler makes
  // vector instructions of these loops.
  std::vector<double> time_;  // V at since_
  std::vector<double> rate_;
  std::vector<double> head_;         // key of the first entry
  std::vector<double> wait_;         // ps from since_ to the next end, as of the last refresh
  std::vector<std::int64_t> since_;  // per block
  std::vector<std::int32_t> place_;  // per class, in its server's heap
  std::vector<std::int32_t> stale_;
  std::vector<std::int64_t> block_end_;  // first end in each block
  std::vector<std::uint8_t> block_stale_;
  std::int64_t next_end_ = kNever;
  std::size_t ended_block_ = 0;  // blocks before it are done in this instant
};

}  // namespace twinlink::sim
