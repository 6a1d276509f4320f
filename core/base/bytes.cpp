#include "core/base/bytes.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstring>

namespace base {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int hexValue(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

std::array<signed char, 256> makeBase64Values()
{
    std::array<signed char, 256> values{};
    values.fill(-1);
    for (size_t i = 0; i < kBase64Digits.size(); ++i)
        values[static_cast<unsigned char>(kBase64Digits[i])] = static_cast<signed char>(i);
    return values;
}

} // namespace

std::string toHex(std::string_view bytes)
{
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const char byte : bytes) {
        const auto c = static_cast<unsigned char>(byte);
        out += kHexDigits[c >> 4];
        out += kHexDigits[c & 15];
    }
    return out;
}

std::optional<std::string> fromHex(std::string_view hex)
{
    if (hex.size() % 2 != 0)
        return std::nullopt;
    std::string out;
    out.reserve(hex.size() / 2);
    for (size_t i = 0; i < hex.size(); i += 2) {
        const int high = hexValue(hex[i]);
        const int low = hexValue(hex[i + 1]);
        if (high < 0 || low < 0)
            return std::nullopt;
        out += static_cast<char>(high * 16 + low);
    }
    return out;
}

std::string toBase64(std::string_view bytes)
{
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    size_t i = 0;
    for (; i + 3 <= bytes.size(); i += 3) {
        const unsigned v = static_cast<unsigned>(static_cast<unsigned char>(bytes[i])) << 16
            | static_cast<unsigned>(static_cast<unsigned char>(bytes[i + 1])) << 8
            | static_cast<unsigned char>(bytes[i + 2]);
        for (const unsigned shift : {18U, 12U, 6U, 0U})
            out += kBase64Digits[(v >> shift) & 63U];
    }
    if (i == bytes.size())
        return out;
    unsigned v = static_cast<unsigned>(static_cast<unsigned char>(bytes[i])) << 16;
    const bool two = i + 1 < bytes.size();
    if (two)
        v |= static_cast<unsigned>(static_cast<unsigned char>(bytes[i + 1])) << 8;
    out += kBase64Digits[(v >> 18) & 63U];
    out += kBase64Digits[(v >> 12) & 63U];
    out += two ? kBase64Digits[(v >> 6) & 63U] : '=';
    out += '=';
    return out;
}

std::optional<std::string> fromBase64(std::string_view text)
{
    static const std::array<signed char, 256> values = makeBase64Values();
    if (text.size() % 4 != 0)
        return std::nullopt;
    size_t padding = 0;
    while (padding < 2 && !text.empty() && text.back() == '=') {
        text.remove_suffix(1);
        ++padding;
    }
    std::string out;
    out.reserve(text.size() / 4 * 3 + 2);
    unsigned collected = 0;
    unsigned bits = 0;
    for (const char c : text) {
        const signed char value = values[static_cast<unsigned char>(c)];
        if (value < 0)
            return std::nullopt;
        collected = (collected << 6 | static_cast<unsigned>(value)) & 0xffffffU;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out += static_cast<char>(collected >> bits & 0xffU);
        }
    }
    const bool leftoverIsZero = (collected & ((1U << bits) - 1U)) == 0;
    if (!leftoverIsZero)
        return std::nullopt;
    return out;
}

std::string percentEncode(std::string_view bytes)
{
    constexpr std::string_view upperHex = "0123456789ABCDEF";
    std::string out;
    out.reserve(bytes.size());
    for (const char byte : bytes) {
        const auto c = static_cast<unsigned char>(byte);
        const bool unreserved = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')
            || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
        if (unreserved) {
            out += byte;
        } else {
            out += '%';
            out += upperHex[c >> 4];
            out += upperHex[c & 15];
        }
    }
    return out;
}

bool isValidUtf8(std::string_view bytes)
{
    const auto *p = reinterpret_cast<const unsigned char *>(bytes.data());
    const auto *const end = p + bytes.size();
    while (p < end) {
        const unsigned char c = *p++;
        if (c < 0x80)
            continue;
        int more = 0;
        std::uint32_t code = 0;
        std::uint32_t least = 0;
        if ((c & 0xe0) == 0xc0) {
            more = 1;
            code = c & 0x1fU;
            least = 0x80;
        } else if ((c & 0xf0) == 0xe0) {
            more = 2;
            code = c & 0x0fU;
            least = 0x800;
        } else if ((c & 0xf8) == 0xf0) {
            more = 3;
            code = c & 0x07U;
            least = 0x10000;
        } else {
            return false;
        }
        if (end - p < more)
            return false;
        for (; more > 0; --more) {
            const unsigned char next = *p++;
            if ((next & 0xc0) != 0x80)
                return false;
            code = code << 6 | (next & 0x3fU);
        }
        if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
            return false;
    }
    return true;
}

struct Hasher::State {
    explicit State(Algorithm chosen)
        : algorithm(chosen)
        , context(EVP_MD_CTX_new())
    {
        restart();
    }
    ~State() { EVP_MD_CTX_free(context); }
    State(const State &) = delete;
    State &operator=(const State &) = delete;

    // EVP_MD_fetch once: looking the algorithm up by name for every small digest costs more than
    // the digest.
    void restart() const
    {
        static const EVP_MD *const sha256Algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
        static const EVP_MD *const md5Algorithm = EVP_MD_fetch(nullptr, "MD5", nullptr);
        EVP_DigestInit_ex2(context,
                           algorithm == Algorithm::Sha256Digest ? sha256Algorithm : md5Algorithm,
                           nullptr);
    }

    Algorithm algorithm;
    EVP_MD_CTX *context;
};

Hasher::Hasher(Algorithm algorithm)
    : m_state(std::make_unique<State>(algorithm))
{
}
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher &&) noexcept = default;
Hasher &Hasher::operator=(Hasher &&) noexcept = default;

void Hasher::add(std::string_view bytes)
{
    EVP_DigestUpdate(m_state->context, bytes.data(), bytes.size());
}

std::string Hasher::finish()
{
    std::string digest(EVP_MAX_MD_SIZE, '\0');
    unsigned length = 0;
    EVP_DigestFinal_ex(m_state->context, reinterpret_cast<unsigned char *>(digest.data()), &length);
    digest.resize(length);
    m_state->restart();
    return digest;
}

Sha256 sha256(std::string_view bytes)
{
    thread_local Hasher hasher(Hasher::Algorithm::Sha256Digest);
    hasher.add(bytes);
    const std::string digest = hasher.finish();
    Sha256 out{};
    std::memcpy(out.data(), digest.data(), out.size());
    return out;
}

std::string sha256Hex(std::string_view bytes)
{
    const Sha256 digest = sha256(bytes);
    return toHex({reinterpret_cast<const char *>(digest.data()), digest.size()});
}

std::string md5(std::string_view bytes)
{
    thread_local Hasher hasher(Hasher::Algorithm::Md5Digest);
    hasher.add(bytes);
    return hasher.finish();
}

namespace {

std::array<std::uint64_t, 4> wordsOf(const Sha256 &term)
{
    std::array<std::uint64_t, 4> words{};
    for (size_t i = 0; i < term.size(); ++i) // the digest is a big-endian number
        words[3 - i / 8] = words[3 - i / 8] << 8 | term[i];
    return words;
}

void addWords(std::array<std::uint64_t, 4> &sum, const std::array<std::uint64_t, 4> &words)
{
    std::uint64_t carry = 0;
    for (size_t i = 0; i < sum.size(); ++i) {
        const std::uint64_t partial = sum[i] + carry;
        carry = partial < carry ? 1 : 0;
        sum[i] = partial + words[i];
        carry += sum[i] < partial ? 1 : 0;
    }
}

} // namespace

void HashSum::add(const Sha256 &term)
{
    addWords(m_words, wordsOf(term));
}

void HashSum::add(const HashSum &other)
{
    addWords(m_words, other.m_words);
}

void HashSum::subtract(const Sha256 &term)
{
    auto words = wordsOf(term);
    for (std::uint64_t &word : words)
        word = ~word;
    addWords(words, {1, 0, 0, 0});
    addWords(m_words, words);
}

std::string HashSum::bytes() const
{
    std::string out;
    for (size_t i = m_words.size(); i-- > 0;) {
        for (int shift = 56; shift >= 0; shift -= 8)
            out += static_cast<char>(m_words[i] >> shift & 0xff);
    }
    return out;
}

std::string HashSum::hex() const
{
    return toHex(bytes());
}

bool HashSum::isZero() const
{
    return std::all_of(m_words.begin(), m_words.end(),
                       [](std::uint64_t word) { return word == 0; });
}

} // namespace base
