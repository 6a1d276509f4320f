#include "ui/browser/openarchive.h"

namespace browser {

base::Result<std::shared_ptr<const OpenArchive>>
OpenArchive::open(const base::fs::path &path, archive::Reader::Progress progress)
{
    auto view = backup::ArchiveView::open(path, {}, std::move(progress));
    if (!view)
        return view.error();
    std::shared_ptr<OpenArchive> opened(new OpenArchive);
    opened->m_path = path;
    opened->m_view = std::move(*view);
    return std::shared_ptr<const OpenArchive>(std::move(opened));
}

} // namespace browser
