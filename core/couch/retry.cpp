#include "core/couch/retry.h"

#include <QDateTime>
#include <QLocale>

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace couch {

namespace {

constexpr qint64 kLeastUnits = 1;
constexpr qint64 kMostUnits = 300;

std::optional<qint64> secondsUntil(const QString &httpDate,
                                   std::chrono::system_clock::time_point now)
{
    QDateTime date =
        QLocale::c().toDateTime(httpDate, QStringLiteral("ddd, dd MMM yyyy hh:mm:ss 'GMT'"));
    if (!date.isValid())
        return std::nullopt;
    date.setTimeSpec(Qt::UTC);
    const auto since1970 = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
    return date.toSecsSinceEpoch() - since1970.count();
}

} // namespace

std::optional<std::chrono::milliseconds> parseRetryAfter(std::string_view value,
                                                         std::chrono::system_clock::time_point now,
                                                         std::chrono::milliseconds unit)
{
    const QString text =
        QString::fromLatin1(value.data(), static_cast<qsizetype>(value.size())).trimmed();
    const bool digits = !text.isEmpty()
        && std::all_of(text.cbegin(), text.cend(), [](QChar c) { return c >= u'0' && c <= u'9'; });
    std::optional<qint64> units;
    if (digits)
        units = text.size() > 9 ? kMostUnits : text.toLongLong();
    else
        units = secondsUntil(text, now);
    if (!units)
        return std::nullopt;
    return std::clamp(*units, kLeastUnits, kMostUnits) * unit;
}

std::chrono::milliseconds backoff(int attempt, std::chrono::milliseconds first,
                                  std::chrono::milliseconds cap, double random)
{
    const int doublings = std::clamp(attempt - 1, 0, 20);
    const auto most = std::min(cap, first * (std::int64_t{1} << doublings));
    return std::chrono::milliseconds(
        static_cast<std::int64_t>(random * static_cast<double>(most.count())));
}

bool waitUnlessStopped(std::chrono::milliseconds time, const std::stop_token &stop)
{
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any never;
    never.wait_for(lock, stop, time, [] { return false; });
    return !stop.stop_requested();
}

} // namespace couch
