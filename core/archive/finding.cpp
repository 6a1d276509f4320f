#include "core/archive/finding.h"

#include "core/base/text.h"

namespace archive {

namespace {
constexpr size_t kMaxFindings = 1000;
}

void FindingList::add(std::string code, std::string path, QString message, bool fatal)
{
    if (m_list.size() < kMaxFindings)
        m_list.push_back({std::move(code), std::move(path), std::move(message), fatal});
    else if (m_list.size() == kMaxFindings)
        m_list.push_back(
            {"more-findings",
             {},
             base::text("There is more; only the first %1 findings are listed.").arg(kMaxFindings),
             true});
}

void FindingList::add(const std::vector<Finding> &findings)
{
    for (const Finding &finding : findings)
        add(finding.code, finding.path, finding.message, finding.fatal);
}

} // namespace archive
