#include "core/monitor/healthrule.h"

#include "core/base/text.h"

#include <QLocale>

#include <algorithm>

namespace monitor {

using base::text;
using std::chrono::seconds;

Reading notApplicable()
{
    return {};
}

Reading noData(const QString &sentence)
{
    return {Reading::Kind::NoData, sentence};
}

QString namesOf(const Some &some)
{
    constexpr size_t most = 3;
    QStringList names;
    for (size_t i = 0; i < some.names.size() && i < most; ++i)
        names.append(base::printable(some.names[i], 80));
    const auto named = static_cast<std::uint64_t>(names.size());
    if (named == 0)
        return QString::number(some.count);
    if (some.count > named)
        return text("%1 and %2 more")
            .arg(names.join(QLatin1String(", ")), QString::number(some.count - named));
    return names.join(QLatin1String(", "));
}

QString countOf(std::uint64_t count, const char *one, const char *many)
{
    return text(count == 1 ? one : many).arg(count);
}

QString lengthOf(seconds length)
{
    const auto count = std::max<std::int64_t>(0, length.count());
    constexpr std::int64_t minute = 60, hour = 3600, day = 86'400;
    if (count < 2 * minute)
        return text("%1 s").arg(count);
    if (count < 2 * hour)
        return text("%1 min").arg(count / minute);
    if (count < 3 * day)
        return text("%1 h").arg(count / hour);
    return text("%1 d").arg(count / day);
}

QString bytesOf(std::uint64_t bytes)
{
    return QLocale::c().formattedDataSize(static_cast<qint64>(bytes), 1);
}

seconds ageOf(TimePoint time, TimePoint now)
{
    return std::max(seconds(0), std::chrono::duration_cast<seconds>(now - time));
}

} // namespace monitor
