#include "realgpu/process_group.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <exception>

#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

// From mild to grave.
enum class Outcome : std::uint8_t { fine, unsupported, input, failed };

std::string process(int rank) { return "process " + std::to_string(rank); }

// Parts of all processes in one body: for each its size, then its bytes.
Payload pack(const std::vector<Payload>& parts) {
  Payload body;
  for (const Payload& part : parts) {
    const std::uint64_t size = part.size();
    const auto* bytes = reinterpret_cast<const std::byte*>(&size);
    body.insert(body.end(), bytes, bytes + sizeof size);
    body.insert(body.end(), part.begin(), part.end());
  }
  return body;
}

std::vector<Payload> unpack(const Payload& body) {
  std::vector<Payload> parts;
  for (std::size_t at = 0; at < body.size();) {
    std::uint64_t size = 0;
    TL_ENSURE(body.size() - at >= sizeof size, "parts are whole");
    std::memcpy(&size, body.data() + at, sizeof size);
    at += sizeof size;
    TL_ENSURE(body.size() - at >= size, "parts are whole");
    const auto begin = body.begin() + static_cast<std::ptrdiff_t>(at);
    parts.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(size));
    at += size;
  }
  return parts;
}

// What a process says of its part in together(): the outcome, then the message.
Payload report(Outcome outcome, const std::string& text) {
  Payload bytes(1 + text.size());
  bytes[0] = static_cast<std::byte>(outcome);
  std::memcpy(bytes.data() + 1, text.data(), text.size());
  return bytes;
}

Outcome outcome_of(const Payload& bytes) {
  return bytes.empty() ? Outcome::failed : static_cast<Outcome>(bytes[0]);
}

std::string text_of(const Payload& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()) + 1, bytes.size() - 1};
}

[[noreturn]] void throw_as(Outcome outcome, const std::string& text) {
  if (outcome == Outcome::unsupported) throw UnsupportedError(text);
  if (outcome == Outcome::input) throw InputError(text);
  throw ProcessError(text);
}

std::chrono::seconds seconds(const char* name, const char* text) {
  int value = 0;
  const char* end = text + std::strlen(text);
  const auto [stop, error] = std::from_chars(text, end, value);
  if (error != std::errc{} || stop != end || value < 1)
    throw InputError("environment variable " + std::string(name) + "=\"" + text +
                     "\" is not a number of seconds");
  return std::chrono::seconds(value);
}

}  // namespace

ProcessGroup::ProcessGroup(const ProcessPlace& place, const Patience& patience)
    : place_(place),
      patience_(patience),
      links_(std::make_unique<ProcessLinks>(place, patience.join)) {}

ProcessGroup::~ProcessGroup() = default;

std::vector<Payload> ProcessGroup::all_gather(const std::string& what, const Payload& mine) {
  return gather({FrameKind::part, what, mine});
}

std::vector<Payload> ProcessGroup::gather(const Frame& mine) {
  failed_together_ = false;
  if (!broken_.empty()) throw ProcessError(broken_);
  return rank() == 0 ? gather_as_first(mine) : gather_as_other(mine);
}

// All processes must be at the same call. One that failed on its way there names the cause.
void ProcessGroup::check_same_call(const std::vector<Frame>& frames) {
  std::size_t other = 0;
  for (std::size_t p = 0; p < frames.size(); ++p)
    if (frames[p].kind != frames[0].kind || frames[p].text != frames[0].text) other = p;
  if (other == 0) return;
  for (std::size_t p = 0; p < frames.size(); ++p)
    if (frames[p].kind == FrameKind::report && outcome_of(frames[p].body) != Outcome::fine)
      give_up(process(static_cast<int>(p)) + ": " + text_of(frames[p].body));
  give_up(process(static_cast<int>(other)) + " is at \"" + frames[other].text +
          "\", process 0 at \"" + frames[0].text + "\": they do not run the same plans");
}

std::vector<Payload> ProcessGroup::gather_as_first(const Frame& mine) {
  auto arrivals = links_->receive(std::chrono::steady_clock::now() + patience_.answer);
  std::string late;
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    const std::string peer = std::to_string(links_->peers()[i]);
    if (arrivals[i].state == ProcessLinks::State::ended)
      give_up("process " + peer + " ended while the others were at \"" + mine.text + "\"");
    if (arrivals[i].state == ProcessLinks::State::waiting)
      late += (late.empty() ? "" : ", ") + peer;
    if (arrivals[i].frame.kind == FrameKind::broken)
      give_up("process " + peer + ": " + arrivals[i].frame.text);
  }
  if (!late.empty())
    give_up("these processes did not come to \"" + mine.text + "\" within " +
            seconds_text(patience_.answer) + ": " + late);
  std::vector<Frame> frames{mine};
  for (auto& arrival : arrivals) frames.push_back(std::move(arrival.frame));
  check_same_call(frames);
  std::vector<Payload> parts;
  for (Frame& frame : frames) parts.push_back(std::move(frame.body));
  links_->send({FrameKind::all, mine.text, pack(parts)},
               std::chrono::steady_clock::now() + patience_.answer);
  return parts;
}

std::vector<Payload> ProcessGroup::gather_as_other(const Frame& mine) {
  const Deadline deadline = std::chrono::steady_clock::now() + patience_.answer + kGrace;
  links_->send(mine, deadline);
  const auto arrival = std::move(links_->receive(deadline).front());
  if (arrival.state == ProcessLinks::State::ended)
    fail("process 0 ended while the others were at \"" + mine.text + "\"");
  if (arrival.state == ProcessLinks::State::waiting)
    fail("process 0 did not come to \"" + mine.text + "\" within " +
         seconds_text(patience_.answer));
  if (arrival.frame.kind != FrameKind::all) fail(arrival.frame.text);
  std::vector<Payload> parts = unpack(arrival.frame.body);
  TL_ENSURE(parts.size() == static_cast<std::size_t>(size()), "one part per process");
  return parts;
}

void ProcessGroup::fail(const std::string& why) {
  broken_ = why;
  throw ProcessError(why);
}

void ProcessGroup::give_up(const std::string& why) {
  links_->send({FrameKind::broken, why, {}}, std::chrono::steady_clock::now() + kGrace);
  fail(why);
}

void ProcessGroup::abandon(const std::string& why) noexcept {
  if (!broken_.empty()) return;
  try {
    broken_ = process(rank()) + ": " + why;
    links_->send({FrameKind::broken, rank() == 0 ? broken_ : why, {}},
                 std::chrono::steady_clock::now() + kGrace);
  } catch (...) {  // the others will see that the connection ends
  }
}

Payload ProcessGroup::broadcast(const std::string& what, const Payload& mine) {
  return all_gather(what, rank() == 0 ? mine : Payload{}).front();
}

bool ProcessGroup::any(const std::string& what, bool mine) {
  const std::vector<char> all = all_gather_values<char>(what, mine ? 1 : 0);
  return std::ranges::find(all, 1) != all.end();
}

std::vector<Payload> ProcessGroup::all_gather_of(const std::string& what, const Payload& mine,
                                                 std::size_t bytes) {
  std::vector<Payload> parts = all_gather(what, mine);
  for (std::size_t p = 0; p < parts.size(); ++p)
    if (parts[p].size() != bytes)
      fail("at \"" + what + "\" " + process(static_cast<int>(p)) + " gave " +
           std::to_string(parts[p].size()) + " bytes, process " + std::to_string(rank()) + " " +
           std::to_string(bytes) + ": they do not run the same plan");
  return parts;
}

void ProcessGroup::together(const std::string& what, const std::function<void()>& local) {
  Payload mine = report(Outcome::fine, "");
  std::exception_ptr thrown;
  try {
    local();
  } catch (const ProcessError&) {
    throw;  // everybody knows, or nobody can be told
  } catch (const UnsupportedError& error) {
    mine = report(Outcome::unsupported, error.what());
    thrown = std::current_exception();
  } catch (const InputError& error) {
    mine = report(Outcome::input, error.what());
    thrown = std::current_exception();
  } catch (const std::exception& error) {
    mine = report(Outcome::failed, error.what());
    thrown = std::current_exception();
  }
  const std::vector<Payload> all = gather({FrameKind::report, what, mine});
  const auto gravest = std::ranges::max_element(all, {}, outcome_of);
  if (outcome_of(*gravest) == Outcome::fine) return;
  failed_together_ = true;
  const int whose = static_cast<int>(gravest - all.begin());
  if (whose == rank()) std::rethrow_exception(thrown);
  throw_as(outcome_of(*gravest), process(whose) + ": " + text_of(*gravest));
}

std::shared_ptr<ProcessGroup> join_processes() {
  const auto place = find_place([](const char* name) { return std::getenv(name); });
  if (!place) return nullptr;
  ProcessGroup::Patience patience;
  if (const char* text = std::getenv("TWINLINK_JOIN_SECONDS"))
    patience.join = seconds("TWINLINK_JOIN_SECONDS", text);
  return std::make_shared<ProcessGroup>(*place, patience);
}

}  // namespace twinlink::realgpu
