#pragma once

#include "core/archive/manifest.h"

#include <algorithm>

namespace backup {

/// What a snapshot had to leave out. Bounded: beyond kMost the rest is only counted. One thread.
class OmissionList
{
public:
    static constexpr size_t kMost = 10'000;

    void add(archive::Omission omission)
    {
        if (m_list.size() < kMost)
            m_list.push_back(std::move(omission));
        else
            ++m_more;
    }
    [[nodiscard]] bool names(const std::string &id) const
    {
        return std::any_of(m_list.begin(), m_list.end(),
                           [&id](const archive::Omission &omission) { return omission.id == id; });
    }
    /// Gives those with one code another code and message.
    void explain(const std::string &code, const std::string &newCode, const std::string &message)
    {
        for (archive::Omission &omission : m_list) {
            if (omission.code != code)
                continue;
            omission.code = newCode;
            omission.message = message;
        }
    }
    /// The list, with a last line that says how many more there are.
    [[nodiscard]] std::vector<archive::Omission> take();

private:
    std::vector<archive::Omission> m_list;
    std::uint64_t m_more = 0;
};

} // namespace backup
