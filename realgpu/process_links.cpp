#include "realgpu/process_links.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <cstring>
#include <optional>
#include <thread>

namespace twinlink::realgpu {
namespace {

namespace asio = boost::asio;
using Protocol = asio::local::stream_protocol;
using boost::system::error_code;

constexpr std::uint32_t kMagic = 0x314B'4C54;  // "TLK1"
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;
constexpr auto kPause = std::chrono::milliseconds(10);  // between attempts to connect

// What a process says when it comes.
struct Hello {
  std::int32_t rank = 0, size = 0;
};

// The first byte of an abstract name is 0; addresses hold 107 bytes behind it.
Protocol::endpoint endpoint_of(const ProcessPlace& place) {
  std::string name(1, '\0');
  name += "twinlink." + std::to_string(::getuid()) + "." + place.job;
  return {name.substr(0, 107)};
}

bool same_user(Protocol::socket& socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  const int failed = ::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size);
  return failed == 0 && peer.uid == ::getuid();
}

std::string job_text(const ProcessPlace& place) {
  return "(job " + place.job + " of " + place.launcher + ")";
}

}  // namespace

std::string seconds_text(std::chrono::milliseconds time) {
  const std::string text = std::to_string(static_cast<double>(time.count()) / 1e3);
  return text.substr(0, text.find('.') + 2) + " s";
}

class ProcessLinks::Links {
 public:
  Links(const ProcessPlace& place, std::chrono::milliseconds patience)
      : place_(place), patience_(patience), deadline_(std::chrono::steady_clock::now() + patience) {
    if (place.rank == 0)
      wait_for_all();
    else
      come();
  }

  [[nodiscard]] const std::vector<int>& peers() const { return peers_; }

  std::vector<Arrival> receive(Deadline deadline) {
    for (const auto& link : links_) start_reading(*link);
    run(deadline);
    std::vector<Arrival> arrivals;
    for (const auto& link : links_) arrivals.push_back(std::move(link->arrival));
    return arrivals;
  }

  void send(const Frame& frame, Deadline deadline) {
    Header header;
    header.kind = frame.kind;
    header.text = frame.text.size();
    header.body = frame.body.size();
    const std::array<asio::const_buffer, 3> buffers{
        asio::buffer(&header, sizeof header), asio::buffer(frame.text), asio::buffer(frame.body)};
    for (const auto& link : links_)
      asio::async_write(link->socket, buffers, [](const error_code&, std::size_t) {});
    run(deadline);
  }

 private:
  struct Header {
    std::uint32_t magic = kMagic;
    FrameKind kind = FrameKind::part;
    std::uint64_t text = 0, body = 0;
  };

  // One connection, and the frame that is being read from it.
  struct Link {
    explicit Link(asio::io_context& io) : socket(io) {}
    Protocol::socket socket;
    Header header;
    ProcessLinks::Arrival arrival;
  };

  // Until nothing is left to do, somebody ended or the deadline came.
  void run(Deadline deadline) {
    io_.restart();
    io_.run_until(deadline);
    error_code ignored;
    for (const auto& link : links_)
      if (link->socket.is_open()) link->socket.cancel(ignored);
    io_.restart();
    io_.run();
  }

  void start_reading(Link& link) {
    link.arrival = {};
    asio::async_read(
        link.socket, asio::buffer(&link.header, sizeof link.header),
        [this, &link](const error_code& error, std::size_t) { on_header(link, error); });
  }

  void on_header(Link& link, const error_code& error) {
    if (error) return on_end(link, error);
    const Header& header = link.header;
    if (header.magic != kMagic || header.text > kMostBytes || header.body > kMostBytes)
      return on_end(link, asio::error::fault);
    Frame& frame = link.arrival.frame;
    frame.kind = header.kind;
    frame.text.resize(header.text);
    frame.body.resize(header.body);
    const std::array<asio::mutable_buffer, 2> buffers{asio::buffer(frame.text),
                                                      asio::buffer(frame.body)};
    asio::async_read(link.socket, buffers, [this, &link](const error_code& failed, std::size_t) {
      if (failed) return on_end(link, failed);
      link.arrival.state = State::done;
      if (link.header.kind == FrameKind::broken) io_.stop();
    });
  }

  // A cancelled wait is none of the peer's doing.
  void on_end(Link& link, const error_code& error) {
    if (error == asio::error::operation_aborted) return;
    link.arrival.state = State::ended;
    io_.stop();
  }

  // Process 0: every other process must come once, with the same idea of how many there are.
  void wait_for_all() {
    Protocol::acceptor acceptor(io_);
    error_code error;
    acceptor.open();
    acceptor.bind(endpoint_of(place_), error);
    if (error)
      throw ProcessError("a second process 0 started " + job_text(place_) + ": " + error.message() +
                         "; set TWINLINK_JOB to tell jobs apart");
    acceptor.listen();
    std::vector<std::unique_ptr<Link>> by_rank(static_cast<std::size_t>(place_.size));
    for (int missing = place_.size - 1; missing > 0;) {
      auto link = next(acceptor);
      if (link == nullptr) break;
      const std::optional<Hello> hello = hello_of(*link);
      if (!hello) continue;  // it ended before it said who it is
      const std::size_t rank = check(*hello, by_rank, link);
      by_rank[rank] = std::move(link);
      --missing;
    }
    std::string absent;
    for (int rank = 1; rank < place_.size; ++rank)
      if (by_rank[static_cast<std::size_t>(rank)] == nullptr)
        absent += (absent.empty() ? "" : ", ") + std::to_string(rank);
    adopt(by_rank);
    if (!absent.empty())
      refuse("of " + std::to_string(place_.size) + " processes, these did not come within " +
             seconds_text(patience_) + ": " + absent + " " + job_text(place_));
    send({FrameKind::hello, "", {}}, deadline_);
  }

  void adopt(std::vector<std::unique_ptr<Link>>& by_rank) {
    for (std::size_t rank = 1; rank < by_rank.size(); ++rank) {
      if (by_rank[rank] == nullptr) continue;
      peers_.push_back(static_cast<int>(rank));
      links_.push_back(std::move(by_rank[rank]));
    }
  }

  // The next connection of this user; null: the deadline came.
  std::unique_ptr<Link> next(Protocol::acceptor& acceptor) {
    for (;;) {
      auto link = std::make_unique<Link>(io_);
      bool came = false;
      acceptor.async_accept(link->socket, [&came](const error_code& error) { came = !error; });
      io_.restart();
      io_.run_until(deadline_);
      if (!came) {
        error_code ignored;
        acceptor.cancel(ignored);
        io_.restart();
        io_.run();
        return nullptr;
      }
      if (same_user(link->socket)) return link;
    }
  }

  std::optional<Hello> hello_of(Link& link) {
    start_reading(link);
    io_.restart();
    io_.run_until(deadline_);
    error_code ignored;
    link.socket.cancel(ignored);
    io_.restart();
    io_.run();
    Hello hello;
    const Payload& body = link.arrival.frame.body;
    if (link.arrival.state != State::done || body.size() != sizeof hello) return std::nullopt;
    std::memcpy(&hello, body.data(), sizeof hello);
    return hello;
  }

  // Where the newcomer belongs. On refusal everybody who came is told.
  std::size_t check(const Hello& hello, std::vector<std::unique_ptr<Link>>& by_rank,
                    std::unique_ptr<Link>& link) {
    std::string wrong;
    if (hello.size != place_.size)
      wrong = "process " + std::to_string(hello.rank) + " is one of " + std::to_string(hello.size) +
              ", process 0 one of " + std::to_string(place_.size);
    else if (hello.rank < 1 || hello.rank >= place_.size)
      wrong = "there is no process " + std::to_string(hello.rank) + " of " +
              std::to_string(place_.size);
    else if (by_rank[static_cast<std::size_t>(hello.rank)] != nullptr)
      wrong = "process " + std::to_string(hello.rank) + " came twice";
    if (wrong.empty()) return static_cast<std::size_t>(hello.rank);
    adopt(by_rank);
    links_.push_back(std::move(link));
    refuse(wrong + " " + job_text(place_));
  }

  [[noreturn]] void refuse(const std::string& why) {
    send({FrameKind::broken, why, {}}, std::chrono::steady_clock::now() + kGrace);
    throw ProcessError(why);
  }

  // Another process than 0: connects, says who it is and waits for the others.
  void come() {
    peers_.push_back(0);
    links_.push_back(std::make_unique<Link>(io_));
    Link& link = *links_.front();
    connect(link);
    if (!same_user(link.socket)) throw ProcessError("process 0 belongs to another user");
    const Hello hello{place_.rank, place_.size};
    Frame frame{FrameKind::hello, "", Payload(sizeof hello)};
    std::memcpy(frame.body.data(), &hello, sizeof hello);
    send(frame, deadline_);
    const Arrival answer = std::move(receive(deadline_ + kGrace).front());
    if (answer.state == State::done && answer.frame.kind == FrameKind::hello) return;
    if (answer.state == State::done) throw ProcessError(answer.frame.text);
    throw ProcessError(answer.state == State::ended
                           ? "process 0 ended before all had come " + job_text(place_)
                           : "process 0 gave no answer within " + seconds_text(patience_) + " " +
                                 job_text(place_));
  }

  void connect(Link& link) {
    for (;;) {
      error_code error;
      link.socket.connect(endpoint_of(place_), error);
      if (!error) return;
      link.socket.close(error);
      if (std::chrono::steady_clock::now() >= deadline_)
        throw ProcessError("process 0 did not come within " + seconds_text(patience_) + " " +
                           job_text(place_) + "; all processes must be on one host");
      std::this_thread::sleep_for(kPause);
    }
  }

  ProcessPlace place_;
  std::chrono::milliseconds patience_;
  Deadline deadline_;
  asio::io_context io_;
  std::vector<int> peers_;
  std::vector<std::unique_ptr<Link>> links_;
};

ProcessLinks::ProcessLinks(const ProcessPlace& place, std::chrono::milliseconds patience)
    : links_(std::make_unique<Links>(place, patience)) {}
ProcessLinks::~ProcessLinks() = default;

const std::vector<int>& ProcessLinks::peers() const { return links_->peers(); }

std::vector<ProcessLinks::Arrival> ProcessLinks::receive(Deadline deadline) {
  return links_->receive(deadline);
}

void ProcessLinks::send(const Frame& frame, Deadline deadline) { links_->send(frame, deadline); }

}  // namespace twinlink::realgpu
