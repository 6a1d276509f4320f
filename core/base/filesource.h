#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// How the parts hand files to each other without knowing whether they lie in memory, in a folder
/// or in the middle of a compressed archive.
namespace base {

/// Bytes at offsets. Thread-safe: any number of readers at once.
class RandomReader
{
public:
    virtual ~RandomReader() = default;
    [[nodiscard]] virtual std::uint64_t size() const = 0;
    /// Fills `out` with `length` bytes from `offset`; fewer are an error (Corrupt or Io).
    [[nodiscard]] virtual Status readAt(std::uint64_t offset, char *out, size_t length) const = 0;
};

/// A flat, read-only set of named files: one database directory. Thread-safe.
class FileSet
{
public:
    struct Entry {
        std::string name;
        std::uint64_t size = 0;
    };
    virtual ~FileSet() = default;
    /// Sorted by name.
    [[nodiscard]] virtual std::vector<Entry> files() const = 0;
    [[nodiscard]] virtual Result<std::shared_ptr<const RandomReader>>
    open(const std::string &name) const = 0;
};

/// Where streamed bytes go. A returned error stops the producer.
using ByteSink = std::function<Status(std::string_view bytes)>;

/// Reads all of `reader` in pieces of at most `pieceBytes` into `sink`.
[[nodiscard]] Status readAll(const RandomReader &reader, const ByteSink &sink,
                             size_t pieceBytes = size_t{1} << 20);
/// All of it as one string; an error when it is larger than `limitBytes`.
[[nodiscard]] Result<std::string> readWhole(const RandomReader &reader, std::uint64_t limitBytes);

/// Bytes in memory as a reader.
class MemoryReader : public RandomReader
{
public:
    explicit MemoryReader(std::string bytes)
        : m_bytes(std::move(bytes))
    {
    }
    [[nodiscard]] std::uint64_t size() const override { return m_bytes.size(); }
    [[nodiscard]] Status readAt(std::uint64_t offset, char *out, size_t length) const override;

private:
    std::string m_bytes;
};

} // namespace base
