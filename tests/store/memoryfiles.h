#pragma once

#include "core/base/filesource.h"

#include <map>

namespace teststore {

/// A directory in memory that tests can damage.
class MemoryFiles : public base::FileSet
{
public:
    using Bytes = std::map<std::string, std::string>;
    explicit MemoryFiles(Bytes bytes)
        : m_bytes(std::move(bytes))
    {
    }
    [[nodiscard]] std::vector<Entry> files() const override
    {
        std::vector<Entry> entries;
        for (const auto &[name, bytes] : m_bytes)
            entries.push_back({name, bytes.size()});
        return entries;
    }
    [[nodiscard]] base::Result<std::shared_ptr<const base::RandomReader>>
    open(const std::string &name) const override
    {
        const auto found = m_bytes.find(name);
        if (found == m_bytes.end())
            return base::Error{base::ErrorKind::NotFound, QStringLiteral("There is no such file.")};
        return std::shared_ptr<const base::RandomReader>(
            std::make_shared<base::MemoryReader>(found->second));
    }

private:
    Bytes m_bytes;
};

/// Everything in a FileSet, such as a staging folder.
[[nodiscard]] MemoryFiles::Bytes bytesOf(const base::FileSet &files);

} // namespace teststore
