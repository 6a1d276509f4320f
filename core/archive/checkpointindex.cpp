#include "core/archive/checkpointindex.h"

#include <algorithm>

namespace archive {

void CheckpointIndex::addMember(std::uint64_t content, std::uint64_t packed)
{
    m_checkpoints.push_back({content, packed, 0, {}});
}

bool CheckpointIndex::wants(std::uint64_t content) const
{
    return content - m_checkpoints.back().content >= m_spacing;
}

void CheckpointIndex::addBlock(Checkpoint checkpoint)
{
    m_checkpoints.push_back(std::move(checkpoint));
    if (++m_windows >= kMaxWindows)
        thinOut();
}

/// Every second window goes; beginnings of members cost nothing and stay.
void CheckpointIndex::thinOut()
{
    bool keep = false;
    std::erase_if(m_checkpoints, [&keep](const Checkpoint &checkpoint) {
        if (checkpoint.window.empty())
            return false;
        keep = !keep;
        return !keep;
    });
    m_windows = static_cast<size_t>(
        std::count_if(m_checkpoints.begin(), m_checkpoints.end(),
                      [](const Checkpoint &checkpoint) { return !checkpoint.window.empty(); }));
    m_spacing *= 2;
}

const CheckpointIndex::Checkpoint &CheckpointIndex::before(std::uint64_t content) const
{
    const auto after = std::upper_bound(
        m_checkpoints.begin(), m_checkpoints.end(), content,
        [](std::uint64_t at, const Checkpoint &checkpoint) { return at < checkpoint.content; });
    return *(after == m_checkpoints.begin() ? after : after - 1);
}

const CheckpointIndex::Checkpoint *CheckpointIndex::memberAt(std::uint64_t content,
                                                             std::uint64_t packed) const
{
    auto member = std::lower_bound(
        m_checkpoints.begin(), m_checkpoints.end(), content,
        [](const Checkpoint &checkpoint, std::uint64_t at) { return checkpoint.content < at; });
    while (member != m_checkpoints.end() && member->content == content
           && (member->packed < packed || !member->window.empty()))
        ++member;
    return member != m_checkpoints.end() && member->content == content ? &*member : nullptr;
}

} // namespace archive
