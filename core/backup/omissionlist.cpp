#include "core/backup/omissionlist.h"

#include "core/base/text.h"

namespace backup {

std::vector<archive::Omission> OmissionList::take()
{
    if (m_more > 0)
        m_list.push_back(
            {"more-omissions",
             {},
             {},
             {},
             base::text("And %1 more, which are not listed.").arg(m_more).toStdString()});
    m_more = 0;
    return std::move(m_list);
}

} // namespace backup
