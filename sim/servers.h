#pragma once
// Virtual clocks: many classes of flows that run at a common level, timed without touching each.
//
// A server has a rate; its virtual time V grows by rate x dt (dt in ps). A class attached to it
// serves speed x dV bytes to each of its flows, so it ends a flow at a fixed V = base + mark /
// speed, however often the rate changes: a change costs O(1), not O(classes). Four kinds per
// solver: per resource the level of its owned flows (hard), that level times the soft factor
// (soft), and the soft factor alone (capped soft flows); and one clock whose rate is 1 for flows
// limited by nothing but their cap. End times are whole ps, rounded up; a part in 2^50 below is
// taken as rounding noise.
#include <cstdint>
#include <vector>

#include "sim/flow_table.h"
#include "topology/units.h"

namespace twinlink::sim {

class Servers {
 public:
  struct Entry {
    double key;  // V at which the first flow of the class ends
    std::int32_t cls;
    std::int32_t other;  // pairs: the resource that is not the server's; else kNobody
  };
  static constexpr std::int64_t kNever = INT64_MAX;

  Servers(FlowTable& table, std::size_t resources);
  [[nodiscard]] std::int32_t hard(std::int32_t resource) const { return resource; }
  [[nodiscard]] std::int32_t soft(std::int32_t resource) const { return resources_ + resource; }
  [[nodiscard]] std::int32_t capped(std::int32_t resource) const {
    return 2 * resources_ + resource;
  }
  [[nodiscard]] std::int32_t clock() const { return 3 * resources_; }

  [[nodiscard]] const std::vector<Entry>& entries(std::int32_t server) const {
    return all_[static_cast<std::size_t>(server)].heap;
  }
  void set_rate(std::int32_t server, double rate, Duration now);
  // Bytes served to each flow of the class since it became active.
  [[nodiscard]] double served(std::int32_t c, Duration now) const;
  void attach(std::int32_t c, std::int32_t server, double served, Duration now);
  void detach(std::int32_t c);
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
  struct Server {
    double time = 0;  // V at `since`
    double rate = 0;
    std::int64_t since = 0;
    bool stale = false;
    std::vector<Entry> heap;
  };
  static constexpr std::size_t kBlock = 32;

  [[nodiscard]] double now_at(const Server& s, Duration now) const {
    return s.time + s.rate * static_cast<double>(now.ps - s.since);
  }
  [[nodiscard]] static std::int64_t end_of(const Server& s);
  void touch(std::int32_t server);
  void put(Server& s, std::size_t place, const Entry& entry);
  void sift(Server& s, std::size_t place, const Entry& entry);
  void set_end(std::int32_t server, std::int64_t end);

  FlowTable& table_;
  std::int32_t resources_;
  std::vector<Server> all_;
  std::vector<std::int32_t> stale_;
  std::vector<std::int64_t> end_;        // per server
  std::vector<std::int64_t> block_end_;  // least of each kBlock servers
  std::vector<std::uint8_t> block_stale_;
  std::int64_t next_end_ = kNever;
};

}  // namespace twinlink::sim
