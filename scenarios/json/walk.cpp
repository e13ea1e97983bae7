#include "scenarios/json/walk.h"

namespace twinlink::scenarios {

bool JsonWalk::key(string_t& name) {
  frames_.back().key_offset = cursor_.take();
  frames_.back().key = name;
  return true;
}

bool JsonWalk::scalar(nlohmann::json&& value) {
  value_offset_ = cursor_.take();
  const bool go_on = on_value(std::move(value), false);
  step();
  return go_on;
}

bool JsonWalk::open(nlohmann::json&& container) {
  value_offset_ = cursor_.take();
  const bool is_object = container.is_object();
  const bool go_on = on_value(std::move(container), true);
  frames_.push_back({is_object, 0, 0, {}});
  return go_on;
}

bool JsonWalk::close() {
  cursor_.take();
  frames_.pop_back();
  const bool go_on = on_close();
  step();
  return go_on;
}

std::optional<std::size_t> JsonWalk::key_offset() const {
  if (!in_object()) return std::nullopt;
  return frames_.back().key_offset;
}

std::string JsonWalk::pointer() const {
  std::string text;
  for (const Frame& frame : frames_)
    text += "/" + (frame.is_object ? pointer_step(frame.key) : std::to_string(frame.next));
  return text;
}

}  // namespace twinlink::scenarios
