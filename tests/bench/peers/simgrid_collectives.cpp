// The workloads of tests/bench/workloads.h in SimGrid (S4U): N hosts on one non-blocking switch.
//   peer_simgrid ring|ring_skewed|pairs_equal|pairs_random RANKS BYTES [--cfg=...]
// Prints "simulated_us T" and "wall_s T" (the simulation alone, without the set-up). A link is a
// split-duplex pair of 900 GB/s and 1 us; messages go through mailboxes, one actor per rank, which
// is the fastest natural way in SimGrid 3.32. Run it with --cfg=network/model:CM02 and the TCP
// factors off (see compare), else it models a wide area network.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <simgrid/s4u.hpp>
#include <string>
#include <vector>

namespace sg = simgrid::s4u;

namespace {

constexpr double kBandwidth = 900e9, kLatency = 1e-6;  // bytes per second, seconds
char token;                                            // what messages carry: nothing

struct Machine {
  std::vector<sg::Host*> hosts;
  double last_end = 0;
};

Machine make_crossbar(int ranks) {
  Machine machine;
  auto* zone = sg::create_star_zone("crossbar");
  for (int r = 0; r < ranks; ++r) {
    auto* host = zone->create_host("gpu" + std::to_string(r), 1e12)->seal();
    auto* link = zone->create_split_duplex_link("port" + std::to_string(r), kBandwidth);
    link->set_latency(kLatency)->seal();
    const sg::LinkInRoute up{link, sg::LinkInRoute::Direction::UP};
    zone->add_route(host->get_netpoint(), nullptr, nullptr, nullptr, {up}, true);
    machine.hosts.push_back(host);
  }
  zone->seal();
  return machine;
}

void note_end(Machine& machine) {
  machine.last_end = std::max(machine.last_end, sg::Engine::get_clock());
}

// One step: send a chunk to the right, receive one from the left, both at once.
void ring(Machine& machine, int ranks, std::uint64_t bytes, bool skewed) {
  for (int r = 0; r < ranks; ++r)
    sg::Actor::create("rank", machine.hosts[r], [&machine, r, ranks, bytes, skewed] {
      auto* out = sg::Mailbox::by_name(std::to_string((r + 1) % ranks));
      auto* in = sg::Mailbox::by_name(std::to_string(r));
      if (skewed) sg::this_actor::sleep_for(37 * r % 101 * 1e-6);
      for (int step = 0; step < 2 * (ranks - 1); ++step) {
        auto sent = out->put_async(&token, bytes / static_cast<std::uint64_t>(ranks));
        in->get<char>();
        sent->wait();
      }
      note_end(machine);
    });
}

// The generator of tests/bench/workloads.h.
std::uint64_t next_random_size() {
  static std::uint64_t state = 1;
  state = state * 6364136223846793005u + 1442695040888963407u;
  return 1 + (state >> 43);
}

void all_pairs(Machine& machine, int ranks, std::uint64_t bytes) {
  const auto name = [](int from, int to) {
    return std::to_string(from) + ">" + std::to_string(to);
  };
  for (int r = 0; r < ranks; ++r) {
    std::vector<std::uint64_t> sizes;
    for (int k = 1; k < ranks; ++k) sizes.push_back(bytes > 0 ? bytes : next_random_size());
    sg::Actor::create("rank", machine.hosts[r], [&machine, r, ranks, sizes, name] {
      std::vector<sg::CommPtr> messages;
      std::vector<char*> received(ranks);
      for (int k = 1; k < ranks; ++k) {
        const int to = (r + k) % ranks, from = (r + ranks - k) % ranks;
        messages.push_back(sg::Mailbox::by_name(name(r, to))->put_async(&token, sizes[k - 1]));
        messages.push_back(sg::Mailbox::by_name(name(from, r))->get_async(&received[from]));
      }
      sg::Comm::wait_all(messages);
      note_end(machine);
    });
  }
}

}  // namespace

int main(int argc, char** argv) {
  sg::Engine engine(&argc, argv);  // takes its --cfg options away
  if (argc != 4) {
    std::fprintf(stderr, "usage: %s ring|ring_skewed|pairs_equal|pairs_random RANKS BYTES\n",
                 argv[0]);
    return 2;
  }
  const std::string workload = argv[1];
  const int ranks = std::atoi(argv[2]);
  const std::uint64_t bytes = std::strtoull(argv[3], nullptr, 10);
  Machine machine = make_crossbar(ranks);
  if (workload.rfind("ring", 0) == 0)
    ring(machine, ranks, bytes, workload == "ring_skewed");
  else
    all_pairs(machine, ranks, workload == "pairs_equal" ? bytes : 0);
  const auto before = std::chrono::steady_clock::now();
  engine.run();
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - before;
  std::printf("simulated_us %.6f\nwall_s %.6f\n", machine.last_end * 1e6, wall.count());
  return 0;
}
