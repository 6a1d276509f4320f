#pragma once

#include "ui/models/replicationrow.h"
#include "ui/models/tablemodel.h"

namespace models {

/// The replications of the mirror, one row for each database.
class ReplicationModel : public TableModel<ReplicationRow>
{
public:
    enum ColumnId {
        StateColumn,
        DatabaseColumn,
        PendingColumn,
        RefusedColumn,
        SinceColumn,
        NextTryColumn,
        WhyColumn,
        AtSourceColumn,
        AtMirrorColumn,
        DocumentColumn,
        ColumnTotal
    };
    explicit ReplicationModel(QObject *parent = nullptr);

    /// What is shown is old: the rows are grey.
    void setStale(bool isStale);

protected:
    [[nodiscard]] QVariant otherData(const ReplicationRow &row, int column,
                                     int role) const override;

private:
    bool m_isStale = false;
};

} // namespace models
