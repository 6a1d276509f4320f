#include "core/serve/revisionhash.h"

#include "core/base/bytes.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>

namespace serve {

namespace json = base::json;

namespace {

// Erlang's external term format, as OTP 25 writes it with {minor_version, 1}.
constexpr char kVersion = '\x83';
constexpr char kNewFloat = 70;
constexpr char kSmallInteger = 97;
constexpr char kInteger = 98;
constexpr char kAtom = 100;
constexpr char kSmallTuple = 104;
constexpr char kNil = 106;
constexpr char kString = 107;
constexpr char kList = 108;
constexpr char kBinary = 109;
constexpr char kSmallBig = 110;
constexpr char kLargeBig = 111;

class Term
{
public:
    std::string bytes{kVersion};

    void big(std::uint64_t value, int width)
    {
        for (int shift = (width - 1) * 8; shift >= 0; shift -= 8)
            bytes += static_cast<char>(value >> shift & 0xffU);
    }
    void atom(std::string_view name)
    {
        bytes += kAtom;
        big(name.size(), 2);
        bytes += name;
    }
    void binary(std::string_view content)
    {
        bytes += kBinary;
        big(content.size(), 4);
        bytes += content;
    }
    void tuple(char arity)
    {
        bytes += kSmallTuple;
        bytes += arity;
    }
    void list(size_t length)
    {
        bytes += kList;
        big(length, 4);
    }
    void nil() { bytes += kNil; }
    void integer(std::string_view text);
    void real(std::string_view text);
};

/// The bytes of a decimal number, the lowest first.
std::string magnitudeOf(std::string_view digits)
{
    std::string magnitude;
    for (const char digit : digits) {
        unsigned carry = static_cast<unsigned>(digit - '0');
        for (char &byte : magnitude) {
            const unsigned value = static_cast<unsigned char>(byte) * 10U + carry;
            byte = static_cast<char>(value & 0xffU);
            carry = value >> 8;
        }
        if (carry > 0)
            magnitude += static_cast<char>(carry);
    }
    return magnitude;
}

void Term::integer(std::string_view text)
{
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool fits = error == std::errc();
    if (fits && value >= 0 && value < 256) {
        bytes += kSmallInteger;
        big(static_cast<std::uint64_t>(value), 1);
    } else if (fits && value >= INT32_MIN && value <= INT32_MAX) {
        bytes += kInteger;
        big(static_cast<std::uint32_t>(value), 4);
    } else {
        const bool isNegative = text.starts_with('-');
        const std::string magnitude = magnitudeOf(text.substr(isNegative ? 1 : 0));
        const bool isSmall = magnitude.size() < 256;
        bytes += isSmall ? kSmallBig : kLargeBig;
        big(magnitude.size(), isSmall ? 1 : 4);
        bytes += isNegative ? '\1' : '\0';
        bytes += magnitude;
    }
}

void Term::real(std::string_view text)
{
    double value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    bytes += kNewFloat;
    big(std::bit_cast<std::uint64_t>(value), 8);
}

/// A list of small integers is written as a string.
bool isByteList(const std::vector<std::string_view> &elements)
{
    return elements.size() <= 65535 && std::ranges::all_of(elements, [](std::string_view element) {
               const auto number = json::toUnsigned(element);
               return number && *number < 256;
           });
}

/// What is still to be written, the next one last: values may be nested a million deep.
struct Step {
    enum class Kind { Value, Key, Nil } kind;
    std::string_view text;
};

void openObject(Term &term, const std::vector<json::Member> &members, std::vector<Step> &steps)
{
    term.tuple(1);
    if (members.empty()) {
        term.nil();
        return;
    }
    term.list(members.size());
    steps.push_back({Step::Kind::Nil, {}});
    for (auto member = members.rbegin(); member != members.rend(); ++member) {
        steps.push_back({Step::Kind::Value, member->value});
        steps.push_back({Step::Kind::Key, member->key});
    }
}

void openArray(Term &term, std::string_view text, std::vector<Step> &steps)
{
    const auto elements = json::elements(text);
    if (!elements || elements->empty()) {
        term.nil();
    } else if (isByteList(*elements)) {
        term.bytes += kString;
        term.big(elements->size(), 2);
        for (const std::string_view element : *elements)
            term.bytes += static_cast<char>(*json::toUnsigned(element));
    } else {
        term.list(elements->size());
        steps.push_back({Step::Kind::Nil, {}});
        for (auto element = elements->rbegin(); element != elements->rend(); ++element)
            steps.push_back({Step::Kind::Value, *element});
    }
}

void writeValue(Term &term, std::string_view text, std::vector<Step> &steps)
{
    switch (json::kindOf(text).value_or(json::Kind::Null)) {
    case json::Kind::Object: {
        const auto members = json::members(text);
        openObject(term, members ? *members : std::vector<json::Member>(), steps);
        break;
    }
    case json::Kind::Array: openArray(term, text, steps); break;
    case json::Kind::String: term.binary(json::unescape(text)); break;
    case json::Kind::Number:
        if (text.find_first_of(".eE") == std::string_view::npos)
            term.integer(text);
        else
            term.real(text);
        break;
    case json::Kind::True: term.atom("true"); break;
    case json::Kind::False: term.atom("false"); break;
    case json::Kind::Null: term.atom("null"); break;
    }
}

void writeBody(Term &term, const std::vector<json::Member> &members)
{
    std::vector<Step> steps;
    openObject(term, members, steps);
    while (!steps.empty()) {
        const Step step = steps.back();
        steps.pop_back();
        if (step.kind == Step::Kind::Nil) {
            term.nil();
        } else if (step.kind == Step::Kind::Key) {
            term.tuple(2);
            term.binary(json::unescape(step.text));
        } else {
            writeValue(term, step.text, steps);
        }
    }
}

std::string rawDigest(const std::string &digest)
{
    return base::fromBase64(std::string_view(digest).substr(std::min<size_t>(4, digest.size())))
        .value_or("");
}

} // namespace

std::string revisionHash(bool deleted, const std::optional<store::RevId> &parent,
                         const std::vector<json::Member> &userMembers,
                         const std::vector<store::StoredAttachment> &attachments)
{
    Term term;
    term.list(5);
    term.atom(deleted ? "true" : "false");
    term.integer(std::to_string(parent ? parent->generation : 0));
    if (parent)
        term.binary(parent->hash.size() == 32 ? base::fromHex(parent->hash).value_or(parent->hash)
                                              : parent->hash);
    else
        term.integer("0");
    writeBody(term, userMembers);
    if (!attachments.empty()) {
        term.list(attachments.size());
        for (auto it = attachments.rbegin(); it != attachments.rend(); ++it) {
            term.tuple(3);
            term.binary(json::unescape(it->nameJson));
            term.binary(json::unescape(it->contentTypeJson));
            term.binary(rawDigest(it->digest));
        }
    }
    term.nil();
    term.nil();
    return base::toHex(base::md5(term.bytes));
}

} // namespace serve
