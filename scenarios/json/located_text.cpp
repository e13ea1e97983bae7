#include "scenarios/json/located_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "scenarios/json/walk.h"

namespace twinlink::scenarios {
namespace {

// Remembers the places of wanted pointers.
class Locator : public JsonWalk {
 public:
  Locator(const std::string& text, const std::set<std::string>& wanted)
      : JsonWalk(text), text_(text), wanted_(wanted) {}
  std::map<std::string, Place> places;

 protected:
  bool on_value(nlohmann::json&&, bool) override {
    const std::string here = pointer();
    if (wanted_.contains(here) && !places.contains(here)) places[here] = place();
    return true;
  }
  bool on_close() override { return true; }

 private:
  Place place() const {
    Place found{position_at(text_, value_offset()), {}};
    if (key_offset()) found.key = position_at(text_, *key_offset());
    return found;
  }
  const std::string& text_;
  const std::set<std::string>& wanted_;
};

}  // namespace

Position position_at(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 == 0
  const auto is_first_byte = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
  return {static_cast<int>(std::ranges::count(before, '\n')) + 1,
          static_cast<int>(std::ranges::count_if(before.substr(line_start), is_first_byte)) + 1};
}

TextCursor::TextCursor(std::string_view text) : text_(text) {
  if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
}

void TextCursor::skip_comment() {
  const bool block = at_ + 1 < text_.size() && text_[at_ + 1] == '*';
  const std::size_t end = block ? text_.find("*/", at_ + 2) : text_.find('\n', at_);
  at_ = end == std::string_view::npos ? text_.size() : end + (block ? 2 : 1);
}

std::size_t TextCursor::next_start() {
  while (at_ < text_.size()) {
    if (text_[at_] == '/')
      skip_comment();
    else if (std::string_view(" \t\r\n,:").find(text_[at_]) != std::string_view::npos)
      ++at_;
    else
      break;
  }
  return at_;
}

std::size_t TextCursor::take() {
  const std::size_t start = next_start();
  if (at_ >= text_.size()) return start;
  const char first = text_[at_++];
  if (first == '"') {
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    at_ = std::min(at_ + 1, text_.size());
  } else if (std::string_view("[]{}").find(first) == std::string_view::npos) {
    at_ = std::min(text_.find_first_of(" \t\r\n,:/[]{}\"", at_), text_.size());
  }
  return start;
}

std::map<std::string, Place> locate(const std::string& text,
                                    const std::set<std::string>& pointers) {
  Locator locator(text, pointers);
  nlohmann::json::sax_parse(text, &locator, nlohmann::json::input_format_t::json, true, true);
  return locator.places;
}

std::string pointer_step(std::string_view key) {
  std::string step;
  for (const char c : key) {
    if (c == '~')
      step += "~0";
    else if (c == '/')
      step += "~1";
    else
      step += c;
  }
  return step;
}

std::string parent_pointer(const std::string& pointer) {
  const std::size_t slash = pointer.rfind('/');
  return slash == std::string::npos ? "" : pointer.substr(0, slash);
}

}  // namespace twinlink::scenarios
