// The workloads of tests/bench on SimGrid (3.32, Debian libsimgrid-dev), in its fastest forms.
//
//   simgrid_peer ring N         all-reduce of 64 MiB: a graph of transfers, made as they become
//                                ready, no actors
//   simgrid_peer skew N          the same; GPU i begins (37 i mod 101) us late
//   simgrid_peer pairs N         every ordered pair 1 MiB at once: mailboxes, one actor per GPU
//   simgrid_peer random N        the same pairs, 4 bytes to 1 MiB
//
// Machine: one crossbar, 900 GB/s per direction and 1 us per link. Model options make SimGrid a
// plain max-min fluid network, as ours is: CM02, no window, no cross traffic, all factors 1.
// Prints the simulated time and the CPU seconds of the run (machine building and process start
// apart).
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <simgrid/s4u.hpp>
#include <string>
#include <vector>

namespace {

namespace s4u = simgrid::s4u;

constexpr double kBandwidth = 900e9, kLatency = 1e-6;
constexpr std::uint64_t kRingBytes = 64U << 20U, kPairBytes = 1U << 20U;

const char* const kOptions[] = {
    "network/model:CM02",       "network/TCP-gamma:0",        "network/crosstraffic:0",
    "network/latency-factor:1", "network/bandwidth-factor:1", "network/weight-S:0",
    "contexts/stack-size:16",
};

std::vector<s4u::Host*> make_machine(int gpus) {
  std::vector<s4u::Host*> hosts;
  auto* zone = s4u::create_star_zone("crossbar");
  for (int i = 0; i < gpus; ++i) {
    auto* host = zone->create_host("gpu" + std::to_string(i), 1e12)->seal();
    auto* link = zone->create_split_duplex_link("link" + std::to_string(i), kBandwidth)
                     ->set_latency(kLatency)
                     ->seal();
    zone->add_route(host->get_netpoint(), nullptr, nullptr, nullptr,
                    {s4u::LinkInRoute(link, s4u::LinkInRoute::Direction::UP)}, true);
    hosts.push_back(host);
  }
  zone->seal();
  return hosts;
}

// Step s of GPU i goes to its right neighbour when the GPU's own step s - 1 has left and step s - 1
// of its left neighbour has come.
class Ring {
 public:
  Ring(const std::vector<s4u::Host*>& hosts, bool skewed)
      : hosts_(hosts), skewed_(skewed), gpus_(hosts.size()) {}

  void begin() {
    s4u::Activity::on_completion_cb([this](const s4u::Activity& done) { ended(done.get_cname()); });
    for (int i = 0; i < size(); ++i) skewed_ ? arrive_late(i) : try_send(i);
  }

 private:
  [[nodiscard]] int size() const { return static_cast<int>(hosts_.size()); }

  // A compute of (37 i mod 101) us, then step 0.
  void arrive_late(int i) {
    auto work = s4u::Exec::init();
    work->set_flops_amount(37 * i % 101 * 1e6 + 1)->set_host(hosts_[index(i)]);
    work->set_name(std::to_string(i) + " -1");
    late_.push_back(work);
    work->vetoable_start();
  }

  void ended(const char* name) {
    int from = 0, step = 0;
    if (std::sscanf(name, "%d %d", &from, &step) != 2) return;
    const int to = (from + 1) % size();
    Gpu& gpu = gpus_[index(from)];
    if (step < 0)
      gpu.awake = true;
    else
      ++gpu.left, ++gpus_[index(to)].came;
    try_send(from);
    if (step >= 0 && to != from) try_send(to);
  }

  void try_send(int from) {
    Gpu& gpu = gpus_[index(from)];
    const bool awake = gpu.awake || !skewed_;
    if (!awake || gpu.sent > std::min(gpu.left, gpu.came) || gpu.sent == 2 * (size() - 1)) return;
    auto comm = s4u::Comm::sendto_init(hosts_[index(from)], hosts_[index((from + 1) % size())]);
    comm->set_payload_size(kRingBytes / hosts_.size());
    comm->set_name(std::to_string(from) + " " + std::to_string(gpu.sent));
    gpu.live[gpu.sent % 2] = comm;  // it must outlive its completion
    ++gpu.sent;
    comm->vetoable_start();
  }

  static std::size_t index(int i) { return static_cast<std::size_t>(i); }

  struct Gpu {
    bool awake = false;
    int sent = 0, left = 0, came = 0;  // steps
    s4u::CommPtr live[2];
  };
  const std::vector<s4u::Host*>& hosts_;
  bool skewed_;
  std::vector<Gpu> gpus_;
  std::vector<s4u::ExecPtr> late_;
};

void exchange(int me, const std::vector<std::vector<std::uint64_t>>& sizes) {
  static char token;
  const int n = static_cast<int>(sizes.size());
  std::vector<s4u::CommPtr> comms;
  std::vector<char*> landed(sizes.size());
  const auto box = [](int from, int to) {
    return s4u::Mailbox::by_name(std::to_string(from) + ">" + std::to_string(to));
  };
  for (int d = 1; d < n; ++d) {
    const auto to = static_cast<std::size_t>((me + d) % n);
    const auto from = static_cast<std::size_t>((me - d + n) % n);
    const std::uint64_t size = sizes[static_cast<std::size_t>(me)][to];
    comms.push_back(box(me, static_cast<int>(to))->put_async(&token, size));
    comms.push_back(box(static_cast<int>(from), me)->get_async<char>(&landed[from]));
  }
  s4u::Comm::wait_all(comms);
}

// As tests/bench/workloads.cpp.
std::uint64_t size_of_pair(std::uint32_t from, std::uint32_t to) {
  std::uint32_t x = (from * 4096 + to) * 2654435761U;
  x = (x ^ (x >> 15U)) * 2246822519U;
  return 4 * (1 + std::uint64_t{(x ^ (x >> 13U)) % (1U << 18U)});
}

std::vector<std::vector<std::uint64_t>> pair_sizes(std::uint32_t n, bool random) {
  std::vector<std::vector<std::uint64_t>> sizes(n, std::vector<std::uint64_t>(n, kPairBytes));
  for (std::uint32_t from = 0; random && from < n; ++from)
    for (std::uint32_t to = 0; to < n; ++to) sizes[from][to] = size_of_pair(from, to);
  return sizes;
}

}  // namespace

int main(int argc, char** argv) {
  s4u::Engine engine(&argc, argv);
  for (const char* option : kOptions) s4u::Engine::set_config(option);
  if (argc != 3) return std::fprintf(stderr, "usage: simgrid_peer ring|skew|pairs|random N\n"), 2;
  const std::string mode = argv[1];
  const std::vector<s4u::Host*> hosts = make_machine(std::stoi(argv[2]));
  const std::clock_t begin = std::clock();
  Ring ring(hosts, mode == "skew");
  const auto sizes = pair_sizes(static_cast<std::uint32_t>(hosts.size()), mode == "random");
  if (mode == "ring" || mode == "skew")
    ring.begin();
  else
    for (std::size_t i = 0; i < hosts.size(); ++i)
      s4u::Actor::create("gpu", hosts[i], [i, &sizes] { exchange(static_cast<int>(i), sizes); });
  engine.run();
  const double cpu = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  std::printf("simulated_us %.3f cpu_s %.4f\n", s4u::Engine::get_clock() * 1e6, cpu);
}
