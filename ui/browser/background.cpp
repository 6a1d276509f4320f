#include "ui/browser/background.h"

namespace browser {

Background::Background(QObject *parent)
    : QObject(parent)
{
    m_pool.setMaxThreadCount(4);
}

Background::~Background()
{
    for (std::stop_source &source : m_sources)
        source.request_stop();
    m_pool.waitForDone();
}

void Background::remember(const std::stop_source &source)
{
    std::erase_if(m_sources, [](const std::stop_source &old) { return old.stop_requested(); });
    constexpr size_t most = 1000; // finished ones are not known here; old ones are
    if (m_sources.size() > most)
        m_sources.erase(m_sources.begin());
    m_sources.push_back(source);
}

void Background::bring(const std::stop_token &token, std::function<void()> tell)
{
    QMetaObject::invokeMethod(this, [token, tell = std::move(tell)] {
        if (!token.stop_requested())
            tell();
    });
}

} // namespace browser
