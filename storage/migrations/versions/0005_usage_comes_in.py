"""usage comes in"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text  # JSONB is written with it
from sqlalchemy.dialects import postgresql
revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('ix_account_domain', 'account', ['domain'], unique=False)
    for column in (sa.Column('external', sa.String()), sa.Column('stage', sa.String()), sa.Column('opened', sa.Date())):
        op.add_column('deal', column)
    op.create_index('ix_deal_external', 'deal', ['external'], unique=True)
    op.create_table('account_alias',
    sa.Column('account', sa.String(), nullable=False),
    sa.Column('same_as', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('account', name=op.f('pk_account_alias'))
    )
    op.create_index('ix_account_alias_same_as', 'account_alias', ['same_as'], unique=False)

    op.create_table('usage_day',
    sa.Column('person', sa.String(), nullable=False),
    sa.Column('day', sa.Integer(), nullable=False),
    sa.Column('feature', sa.String(), nullable=False),
    sa.Column('given', sa.String(), nullable=False),
    sa.Column('who', sa.String(), nullable=False),
    sa.Column('account', sa.String(), nullable=False),
    sa.Column('events', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('person', 'day', 'feature', 'given', name=op.f('pk_usage_day'))
    )
    op.create_index('ix_usage_day_account', 'usage_day', ['account', 'day'], unique=False)
    op.create_index('ix_usage_day_day', 'usage_day', ['day', 'account'], unique=False)
    op.create_index('ix_usage_day_who', 'usage_day', ['who', 'given'], unique=False)

    op.create_table('usage_dirty',
    sa.Column('account', sa.String(), nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('account', name=op.f('pk_usage_dirty'))
    )
    op.create_index('ix_usage_dirty_seq', 'usage_dirty', ['seq'], unique=False)

    op.create_table('usage_message',
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('message', sa.String(), nullable=False),
    sa.Column('received', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('source', 'message', name=op.f('pk_usage_message'))
    )
    op.create_index('ix_usage_message_received', 'usage_message', ['received'], unique=False)

    op.create_table('usage_person',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('who', sa.String(), nullable=False),
    sa.Column('account', sa.String(), nullable=False),
    sa.Column('known', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True, astext_type=Text()), 'postgresql'), nullable=False),
    sa.Column('first_day', sa.Integer(), nullable=False),
    sa.Column('last_day', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_usage_person'))
    )
    op.create_index('ix_usage_person_account', 'usage_person', ['account'], unique=False)
    op.create_index('ix_usage_person_who', 'usage_person', ['who'], unique=False)

    op.create_table('usage_reject',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('message', sa.String(), nullable=True),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_usage_reject'))
    )
    op.create_index('ix_usage_reject_at', 'usage_reject', ['at'], unique=False)



def downgrade() -> None:
    for table in ('usage_reject', 'usage_person', 'usage_message', 'usage_dirty', 'usage_day', 'account_alias'):
        op.drop_table(table)
    op.drop_index('ix_account_domain', 'account')
    op.drop_index('ix_deal_external', 'deal')
    for column in ('external', 'stage', 'opened'):
        op.drop_column('deal', column)
